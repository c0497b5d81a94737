using System.Buffers.Binary;
using System.Net;

namespace Onetun.Forwarder.Doctor;

/// <summary>Asks for an echo of a packet of a given length.</summary>
internal sealed class EchoProbe(IPAddress source, IPAddress destination, ushort identifier, int packetLength)
    : Probe(ProbePacket.Echo(source, destination, identifier, packetLength), signatureAt: 4)
{
    protected override bool TryReadAnswer(
        IPAddress from, byte protocol, ReadOnlySpan<byte> carried, out ProbeResult result)
    {
        result = ProbeResult.Answered;
        var reply = ProbePacket.HeaderLength(from) == 20 ? 0 : 129;
        return protocol == ProbePacket.Icmp(from) && from.Equals(destination)
            && carried.Length == packetLength - ProbePacket.HeaderLength(destination)
            && carried[0] == reply
            && BinaryPrimitives.ReadUInt16BigEndian(carried[4..]) == identifier;
    }
}
