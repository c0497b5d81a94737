using System.Buffers.Binary;
using Onetun.Capture;
using Onetun.Fuzz.NetStack;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.Capture;

/// <summary>What is shown and kept of packets, whatever they are.</summary>
internal sealed class CaptureGame : Game, IDisposable
{
    private const int FileHeader = 24;
    private const int RecordHeader = 16;

    private readonly MemoryStream _file = new();
    private readonly List<int> _lengths = [];
    private readonly PcapWriter _writer;

    public CaptureGame() => _writer = new PcapWriter(_file, "capture");

    public override void Step(Dice dice)
    {
        var packet = PacketForge.Damaged(dice);
        Inputs++;
        Story?.Add($"  {Convert.ToHexString(packet)}");
        var text = PacketDescription.Describe(packet);
        Require(text.Length is > 0 and < 300 && !text.Any(char.IsControl), "a description is one line");
        _writer.OnPacket(new TappedPacket(DateTime.UnixEpoch.AddTicks((long)(dice.Next64() >> 8)), PacketDirection.Inbound, packet));
        _lengths.Add(packet.Length);
    }

    public void Dispose() => _writer.Dispose();

    public override void End()
    {
        _writer.Close();
        var file = _file.ToArray();
        var at = FileHeader;
        foreach (var length in _lengths)
        {
            Require(at + RecordHeader + length <= file.Length, "the file holds all packets");
            Require(BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 8)) == length, "each record has the length of its packet");
            at += RecordHeader + length;
        }

        Require(at == file.Length, "the file holds nothing else");
    }
}
