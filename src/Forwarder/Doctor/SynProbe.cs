using System.Buffers.Binary;
using System.Net;

namespace Onetun.Forwarder.Doctor;

/// <summary>
/// Asks for a TCP connection. When one is offered, the stack, which knows of none, resets it: no application is bothered.
/// </summary>
internal sealed class SynProbe(IPEndPoint source, IPEndPoint destination, uint sequence)
    : Probe(ProbePacket.Segment(source, destination, sequence, Syn), signatureAt: 0)
{
    private const byte Syn = 2;
    private const byte Reset = 4;
    private const byte Acknowledge = 16;

    protected override bool TryReadAnswer(
        IPAddress from, byte protocol, ReadOnlySpan<byte> carried, out ProbeResult result)
    {
        result = default;
        if (protocol != ProbePacket.Tcp || !from.Equals(destination.Address) || carried.Length < 20
            || BinaryPrimitives.ReadUInt16BigEndian(carried) != destination.Port
            || BinaryPrimitives.ReadUInt16BigEndian(carried[2..]) != source.Port
            || BinaryPrimitives.ReadUInt32BigEndian(carried[8..]) != sequence + 1)
        {
            return false;
        }

        result = (carried[13] & Reset) != 0 ? ProbeResult.Refused : ProbeResult.Answered;
        return (carried[13] & (Syn | Reset)) != 0 && (carried[13] & Acknowledge) != 0;
    }
}
