using System.Text;
using Xunit;

namespace Onetun.Capture.Tests;

public sealed class KeyLogTests : IDisposable
{
    private static readonly byte[] Ours = [.. Enumerable.Repeat((byte)1, 32)];
    private static readonly byte[] Theirs = [.. Enumerable.Repeat((byte)2, 32)];
    private static readonly byte[] Ephemeral = [.. Enumerable.Repeat((byte)3, 32)];
    private static readonly byte[] Preshared = [.. Enumerable.Repeat((byte)4, 32)];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("onetun");

    private string File => Path.Combine(_directory.FullName, "wg.keys");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Lines_have_the_names_that_Wireshark_knows_and_the_preshared_key_follows_its_ephemeral()
    {
        var lines = new byte[KeyLogText.MaxLength];
        var length = KeyLogText.Write(lines, Ours, Theirs, Ephemeral, Preshared);
        Assert.Equal(
            $"LOCAL_STATIC_PRIVATE_KEY = {Convert.ToBase64String(Ours)}\n"
            + $"REMOTE_STATIC_PUBLIC_KEY = {Convert.ToBase64String(Theirs)}\n"
            + $"LOCAL_EPHEMERAL_PRIVATE_KEY = {Convert.ToBase64String(Ephemeral)}\n"
            + $"PRESHARED_KEY = {Convert.ToBase64String(Preshared)}\n",
            Encoding.ASCII.GetString(lines, 0, length));
    }

    [Fact]
    public void A_preshared_key_that_there_is_not_has_no_line()
    {
        var lines = new byte[KeyLogText.MaxLength];
        var none = KeyLogText.Write(lines, Ours, Theirs, Ephemeral, []);
        Assert.DoesNotContain("PRESHARED", Encoding.ASCII.GetString(lines, 0, none));
        Assert.Equal(none, KeyLogText.Write(lines, Ours, Theirs, Ephemeral, new byte[32]));
    }

    [Fact]
    public void A_file_is_written_at_once_goes_on_at_its_end_and_is_its_owners_alone()
    {
        System.IO.File.WriteAllText(File, "earlier\n");
        using var log = KeyLogFile.Open(File, reason => Assert.Fail(reason));
        log.OnKeys("one\n"u8);
        Assert.Equal("earlier\none\n", System.IO.File.ReadAllText(File));
        Assert.True(OperatingSystem.IsWindows() || System.IO.File.GetUnixFileMode(File) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        log.OnKeys("two\n"u8);
        Assert.Equal("earlier\none\ntwo\n", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void A_full_disk_is_told_of_once_and_throws_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "no /dev/full");
        List<string> told = [];
        using var log = KeyLogFile.Open("/dev/full", told.Add);
        log.OnKeys("one\n"u8);
        log.OnKeys("two\n"u8);
        Assert.Single(told);
    }
}
