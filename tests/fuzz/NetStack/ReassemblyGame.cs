using Onetun.NetStack;
using Onetun.NetStack.Tests;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.NetStack;

/// <summary>Fragments of some datagrams, in any order, overlapping, missing, forged: what completes is what was sent.</summary>
internal sealed class ReassemblyGame : Game
{
    private static readonly ReassemblerOptions Small = new() { MaxDatagrams = 8, MaxBytes = 4096, MaxFragments = 4 };
    private static readonly FlowKeyComparer Flows = new FlowSecret(new byte[32]).Comparer;

    private static readonly byte[][] Packets = [.. Enumerable.Range(0, 16).Select(
        i => FragmentEdit.Packet(FragmentEdit.Flow(i % 2 == 0 ? 4 : 6), 72 + (i * 37 % 180), seed: i))];

    private readonly Reassembler _reassembler = new(Flows, Small);
    private TimeSpan _now = TimeSpan.FromHours(1);

    public override void Step(Dice dice)
    {
        for (var i = 0; i < 16; i++)
        {
            if (dice.OneIn(4))
            {
                Forged(dice);
            }
            else
            {
                Honest(dice);
            }

            Require(_reassembler.BytesHeld >= 0 && _reassembler.BytesHeld <= Small.MaxBytes, "the bytes held are bounded");
            Require(_reassembler.DatagramCount <= Small.MaxDatagrams, "the datagrams held are bounded");
        }

        _now += TimeSpan.FromMilliseconds(dice.OneIn(8) ? dice.Next(100_000) : dice.Next(500));
        while (_reassembler.OnTimeout(_now, out var first))
        {
            Require(first.IsEmpty || IpHeader.TryRead(first, out _), "the fragment that is told of is one");
        }

        Require(_reassembler.NextTimeout > _now, "what is due is done");
    }

    public override void End()
    {
        _reassembler.Clear();
        Require(_reassembler.BytesHeld == 0 && _reassembler.DatagramCount == 0, "nothing is left when all is cleared");
    }

    /// <summary>Mostly on a grid of 64, so that datagrams complete; otherwise anywhere, which overlaps.</summary>
    private void Honest(Dice dice)
    {
        var id = dice.Next(Packets.Length);
        var packet = Packets[id];
        var total = packet.Length - (packet[0] >> 4 == 4 ? IpHeader.Ipv4Length : IpHeader.Ipv6Length);
        var grid = dice.OneIn(50) ? 8 : 64;
        var start = dice.Next((total + grid - 1) / grid) * grid;
        var end = Math.Min(total, start + grid);
        if (Add(FragmentEdit.Piece(packet, start, end, end < total, (uint)id), out var whole) == ReassemblyResult.Complete)
        {
            Require(whole.SequenceEqual(FragmentEdit.Whole(packet, (uint)id)), "what completes is what was sent");
        }
    }

    // Of flows of their own, which do not spoil the honest ones
    private void Forged(Dice dice)
    {
        foreach (var piece in PacketForge.Pieces(dice, PacketForge.Damaged(dice)))
        {
            if (Add(piece, out var whole) == ReassemblyResult.Complete)
            {
                Require(
                    IpHeader.TryRead(whole, out var header) && !header.IsFragment && header.TotalLength == whole.Length,
                    "what completes is a packet");
            }
        }
    }

    private ReassemblyResult? Add(byte[] piece, out ReadOnlySpan<byte> whole)
    {
        whole = default;
        if (!IpHeader.TryRead(piece, out var header) || !header.IsFragment)
        {
            return null;
        }

        Inputs++;
        var result = _reassembler.Add(_now, piece, header, out whole);
        Story?.Add($"  {result}: {PacketText.Of(piece)}");
        return result;
    }
}
