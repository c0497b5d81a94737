using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace Onetun.Capture.Tests;

/// <summary>Reads a pcapng file back by the letter of the format, knowing nothing of the writer.</summary>
internal sealed class PcapngFile
{
    /// <summary>Blocks by type, in their order: the bytes between their two lengths.</summary>
    public List<(uint Type, byte[] Body)> Blocks { get; } = [];

    public List<PcapngPacket> Packets { get; } = [];

    public IEnumerable<byte[]> Of(uint type) => Blocks.Where(block => block.Type == type).Select(block => block.Body);

    public static PcapngFile Read(ReadOnlySpan<byte> file)
    {
        var read = new PcapngFile();
        while (!file.IsEmpty)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(file[4..]);
            Assert.Equal(0, length % 4);
            Assert.Equal(length, BinaryPrimitives.ReadInt32LittleEndian(file[(length - 4)..]));
            var block = (Type: BinaryPrimitives.ReadUInt32LittleEndian(file), Body: file[8..(length - 4)].ToArray());
            read.Blocks.Add(block);
            if (block.Type == 6)
            {
                read.Packets.Add(new PcapngPacket(block.Body));
            }

            file = file[length..];
        }

        Assert.Equal(0x0A0D0D0Au, read.Blocks[0].Type);
        return read;
    }

    /// <summary>The options that begin at an offset of a block, by their codes; they end with an end.</summary>
    public static Dictionary<ushort, byte[]> OptionsAt(byte[] body, int offset)
    {
        var options = new Dictionary<ushort, byte[]>();
        while (true)
        {
            var (code, length) = (BitConverter.ToUInt16(body, offset), BitConverter.ToUInt16(body, offset + 2));
            if (code == 0)
            {
                Assert.Equal((0, body.Length), ((int)length, offset + 4));
                return options;
            }

            options.Add(code, body[(offset + 4)..(offset + 4 + length)]);
            offset += 4 + length + (-length & 3);
        }
    }
}

/// <summary>An enhanced packet block.</summary>
internal sealed class PcapngPacket
{
    private readonly Dictionary<ushort, byte[]> _options;

    public PcapngPacket(byte[] body)
    {
        Interface = BitConverter.ToInt32(body);
        var nanoseconds = ((ulong)BitConverter.ToUInt32(body, 4) << 32) | BitConverter.ToUInt32(body, 8);
        Time = DateTime.UnixEpoch.AddTicks((long)(nanoseconds / 100));
        var captured = BitConverter.ToInt32(body, 12);
        OriginalLength = BitConverter.ToInt32(body, 16);
        Bytes = body[20..(20 + captured)];
        _options = PcapngFile.OptionsAt(body, 20 + captured + (-captured & 3));
    }

    public int Interface { get; }

    public DateTime Time { get; }

    public byte[] Bytes { get; }

    public int OriginalLength { get; }

    public uint? Flags => _options.TryGetValue(2, out var flags) ? BitConverter.ToUInt32(flags) : null;

    public ulong? DroppedBefore => _options.TryGetValue(4, out var drops) ? BitConverter.ToUInt64(drops) : null;

    public string? Comment => _options.TryGetValue(1, out var comment) ? Encoding.UTF8.GetString(comment) : null;
}
