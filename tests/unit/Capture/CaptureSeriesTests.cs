using Xunit;

namespace Onetun.Capture.Tests;

/// <summary>A capture that goes on in further files.</summary>
public sealed class CaptureSeriesTests : IDisposable
{
    private static readonly byte[] Packet = SamplePackets.Tcp(40000, 80, new string('x', 1000));

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("onetun");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("wg.pcapng", 0, 12, "wg-12.pcapng")]
    [InlineData("wg.pcapng", 10, 3, "wg-3.pcapng")]
    [InlineData("/var/x.y/wg", 101, 3, "/var/x.y/wg-003")]
    [InlineData("wg.pcap", 0, 0, "wg.pcap")]
    public void Number_stands_before_the_extension_with_as_many_digits_as_the_last(string path, int most, int number, string name) =>
        Assert.Equal(name, new CaptureSeries(path, most).NameOf(number));

    [Theory]
    [InlineData(PcapFileFormat.Pcap)]
    [InlineData(PcapFileFormat.Pcapng)]
    public async Task Each_file_is_whole_and_together_they_have_every_packet(PcapFileFormat format)
    {
        await CaptureAsync(format, packets: 450, maxFiles: 0);

        var files = _directory.GetFiles().ToList();
        Assert.Equal(["wg-1.cap", "wg-2.cap", "wg-3.cap", "wg.cap"], files.Select(file => file.Name).Order(StringComparer.Ordinal));
        Assert.Equal(450, files.Sum(file => CountIn(file, format)));
        Assert.All(files, file => Assert.InRange(file.Length, 1000, PcapOptions.SmallestFile + 2000));
        Assert.All(files, file => Assert.True(
            OperatingSystem.IsWindows() || file.UnixFileMode == (UnixFileMode.UserRead | UnixFileMode.UserWrite)));
    }

    [Fact]
    public async Task With_a_most_the_first_files_are_written_anew()
    {
        await CaptureAsync(PcapFileFormat.Pcapng, packets: 450, maxFiles: 3);

        var files = _directory.GetFiles();
        Assert.Equal(["wg-1.cap", "wg-2.cap", "wg.cap"], files.Select(file => file.Name).Order(StringComparer.Ordinal));
        // 121 in a full file; the fourth, with the rest, took the place of the first
        Assert.Equal(450 - CountIn(files.Single(file => file.Name == "wg-1.cap"), PcapFileFormat.Pcapng), files.Sum(file => CountIn(file, PcapFileFormat.Pcapng)));
    }

    [Fact]
    public async Task A_directory_that_is_gone_ends_the_capture_and_says_so()
    {
        var gone = _directory.CreateSubdirectory("gone");
        await using var writer = PcapWriter.Create(
            Path.Combine(gone.FullName, "wg.cap"), new PcapOptions { MaxFileSize = PcapOptions.SmallestFile });
        gone.Delete(recursive: true);
        for (var i = 0; i < 200; i++)
        {
            writer.OnPacket(new TappedPacket(DateTime.UnixEpoch, PacketDirection.Inbound, Packet));
        }

        await Assert.ThrowsAnyAsync<IOException>(() => writer.Completion.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.NotNull(writer.LastError);
    }

    [Fact]
    public void A_device_cannot_be_one_of_several_files()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "no FIFO");
        var fifo = Path.Combine(_directory.FullName, "fifo");
        using var made = System.Diagnostics.Process.Start("mkfifo", fifo);
        made.WaitForExit();
        using var reader = new FileStream(fifo, FileMode.Open, FileAccess.ReadWrite);
        Assert.Throws<IOException>(() => PcapWriter.Create(fifo, new PcapOptions { MaxFileSize = PcapOptions.SmallestFile }));
    }

    private async Task CaptureAsync(PcapFileFormat format, int packets, int maxFiles)
    {
        var options = new PcapOptions { Format = format, MaxFileSize = PcapOptions.SmallestFile, MaxFiles = maxFiles };
        await using var writer = PcapWriter.Create(Path.Combine(_directory.FullName, "wg.cap"), options);
        for (var i = 0; i < packets; i++)
        {
            writer.OnPacket(new TappedPacket(DateTime.UnixEpoch, PacketDirection.Inbound, Packet));
        }
    }

    private static int CountIn(FileInfo file, PcapFileFormat format)
    {
        var bytes = File.ReadAllBytes(file.FullName);
        return format == PcapFileFormat.Pcap ? PcapFile.Read(bytes).Count : PcapngFile.Read(bytes).Packets.Count;
    }
}
