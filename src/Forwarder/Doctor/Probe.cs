using System.Net;

namespace Onetun.Forwarder.Doctor;

/// <summary>What came back.</summary>
internal enum ProbeResult
{
    /// <summary>SYN ACK, or an echo.</summary>
    Answered,

    /// <summary>RST, or ICMP port unreachable.</summary>
    Refused,

    /// <summary>Another ICMP error.</summary>
    Unreachable,
}

/// <summary>An answer, who gave it, and how long it took.</summary>
internal sealed record ProbeAnswer(ProbeResult Kind, IPAddress From, TimeSpan After);

/// <summary>A packet, and how its answer is recognised.</summary>
internal abstract class Probe(byte[] packet, int signatureAt)
{
    private const int SignatureLength = 4;

    /// <summary>What is sent.</summary>
    public byte[] Packet { get; } = packet;

    /// <summary>Whether a packet answers this one.</summary>
    public bool TryRead(ReadOnlySpan<byte> packet, out ProbeResult result, out IPAddress from)
    {
        result = default;
        if (!ProbePacket.TryRead(packet, out from, out _, out var protocol, out var carried))
        {
            return false;
        }

        if (protocol == ProbePacket.Icmp(from) && IsError(from, carried))
        {
            result = ErrorOf(from, carried[1]);
            return Quotes(carried[8..]);
        }

        return TryReadAnswer(from, protocol, carried, out result);
    }

    /// <summary>Whether what a packet carried answers, if it is not an ICMP error.</summary>
    protected abstract bool TryReadAnswer(
        IPAddress from, byte protocol, ReadOnlySpan<byte> carried, out ProbeResult result);

    // Only "destination unreachable" counts (RFC 792, RFC 4443 §3.1): packets that are too big have their own check.
    private static bool IsError(IPAddress from, ReadOnlySpan<byte> icmp) => icmp.Length >= 8
        && (ProbePacket.HeaderLength(from) == 20 ? icmp[0] == 3 && icmp[1] != 4 : icmp[0] == 1);

    private static ProbeResult ErrorOf(IPAddress from, byte code) =>
        code == (ProbePacket.HeaderLength(from) == 20 ? 3 : 4) ? ProbeResult.Refused : ProbeResult.Unreachable;

    private bool Quotes(ReadOnlySpan<byte> quoted)
    {
        var ours = Packet.AsSpan();
        return ProbePacket.TryRead(quoted, out _, out var destination, out var protocol, out var carried)
            && ProbePacket.TryRead(ours, out _, out var ourDestination, out var ourProtocol, out var ourCarried)
            && destination.Equals(ourDestination) && protocol == ourProtocol
            && carried.Length >= signatureAt + SignatureLength
            && carried.Slice(signatureAt, SignatureLength)
                .SequenceEqual(ourCarried.Slice(signatureAt, SignatureLength));
    }
}
