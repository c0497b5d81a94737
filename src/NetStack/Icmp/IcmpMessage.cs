namespace Onetun.NetStack;

/// <summary>An ICMP message of either version, with lengths and checksum validated.</summary>
internal ref struct IcmpMessage
{
    public const int HeaderLength = 8;

    public IpAddress Source;
    public IpAddress Destination;
    public byte Type;
    public byte Code;

    /// <summary>The last four bytes of the header: identifier and sequence number, MTU, pointer, or nothing.</summary>
    public uint Rest;

    /// <summary>What follows the header: echoed data, or the packet that an error quotes.</summary>
    public ReadOnlySpan<byte> Body;

    public readonly bool IsEchoReply => Type == (Source.IsIPv4 ? IcmpType.EchoReply : IcmpType.EchoReplyV6);

    public readonly ushort Identifier => (ushort)(Rest >> 16);

    public readonly ushort SequenceNumber => (ushort)Rest;

    /// <summary>The error, if the message is one that quotes enough of a packet.</summary>
    public readonly bool TryGetError(out IcmpError error) => IcmpError.TryRead(this, out error);

    /// <summary>Whether a packet holds a whole ICMP message of its own version with the right checksum.</summary>
    public static bool IsValid(ReadOnlySpan<byte> packet, in IpHeader header)
    {
        var protocol = header.Version == 4 ? IpProtocol.Icmp : IpProtocol.IcmpV6;
        var icmp = header.Payload(packet);
        if (header.Protocol != protocol || header.IsFragment || icmp.Length < HeaderLength)
        {
            return false;
        }

        var pseudo = PseudoHeader(header.Source, header.Destination, icmp.Length);
        return Checksum.Finish(Checksum.Add(icmp, pseudo)) == 0;
    }

    /// <summary>The partial checksum of the pseudo-header, which RFC 792 does not have and RFC 4443 §2.3 has.</summary>
    public static uint PseudoHeader(in IpAddress source, in IpAddress destination, int length) =>
        source.IsIPv4 ? 0 : Checksum.PseudoHeader(source, destination, IpProtocol.IcmpV6, length);
}
