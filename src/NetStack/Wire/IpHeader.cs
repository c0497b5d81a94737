using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>The validated IP header of a packet of either version, IPv4 options or IPv6 extension headers included.</summary>
internal readonly struct IpHeader
{
    public const int Ipv4Length = 20;
    public const int Ipv6Length = 40;

    internal const int FragmentOffsetMask = 0x1FFF;
    internal const int MoreFragmentsMask = 0x2000;
    internal const int AnyFragmentMask = FragmentOffsetMask | MoreFragmentsMask;

    public int Version { get; private init; }

    public IpAddress Source { get; private init; }

    public IpAddress Destination { get; private init; }

    /// <summary>The protocol of the payload; in IPv6, after all extension headers.</summary>
    public byte Protocol { get; private init; }

    /// <summary>The offset of <see cref="Protocol"/>; in an IPv6 fragment, that of the Fragment header.</summary>
    public int ProtocolOffset { get; private init; }

    public int PayloadOffset { get; private init; }

    /// <summary>The length of header and payload, in bytes; what follows in the packet is padding.</summary>
    public int TotalLength { get; private init; }

    public byte HopLimit { get; private init; }

    public EcnField Ecn { get; private init; }

    /// <summary>Whether the payload is only a part of a datagram, at <see cref="FragmentOffset"/>.</summary>
    public bool IsFragment => MoreFragments || FragmentOffset != 0;

    /// <inheritdoc cref="ExtensionHeaders.FragmentLinkOffset"/>
    public int FragmentLinkOffset { get; private init; }

    /// <summary>The offset of the payload in its datagram, in bytes.</summary>
    public int FragmentOffset { get; private init; }

    public bool MoreFragments { get; private init; }

    /// <summary>The identification that all fragments of a datagram share; meaningless otherwise.</summary>
    public uint Identification { get; private init; }

    /// <summary>The payload of the packet from which this header was read.</summary>
    public ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> packet) => packet[PayloadOffset..TotalLength];

    /// <summary>Reads the header of a packet that has arrived.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out IpHeader header) => Read(packet, out header) == ReadResult.Ok;

    /// <inheritdoc cref="TryRead"/>
    public static ReadResult Read(ReadOnlySpan<byte> packet, out IpHeader header)
    {
        if (!TryReadFields(packet, out header) || header.TotalLength > packet.Length)
        {
            return ReadResult.Malformed;
        }

        if (header.IsMapped)
        {
            return ReadResult.MappedAddress;
        }

        if (!header.Source.MaySend)
        {
            return ReadResult.ForbiddenSource;
        }

        return header.Version == 6 || Checksum.Finish(Checksum.Add(packet[..header.PayloadOffset])) == 0
            ? ReadResult.Ok
            : ReadResult.BadChecksum;
    }

    /// <summary>
    /// Reads the header of a packet quoted in an ICMP error, whose end is missing, and whose checksum routers may have changed
    /// (RFC 1812 §4.3.2.3).
    /// </summary>
    public static bool TryReadQuoted(ReadOnlySpan<byte> quote, out IpHeader header) =>
        TryReadFields(quote, out header) && !header.IsMapped;

    /// <summary>The destination of a packet that we wrote.</summary>
    public static IpAddress DestinationOf(ReadOnlySpan<byte> packet) =>
        packet[0] >> 4 == 4 ? IpAddress.ReadIpv4(packet[16..]) : IpAddress.ReadIpv6(packet[24..]);

    private bool IsMapped => Version == 6 && (Source.IsIPv4 || Destination.IsIPv4);

    private static bool TryReadFields(ReadOnlySpan<byte> packet, out IpHeader header)
    {
        header = default;
        return !packet.IsEmpty && (packet[0] >> 4) switch
        {
            4 => TryReadIpv4(packet, out header),
            6 => TryReadIpv6(packet, out header),
            _ => false,
        };
    }

    private static bool TryReadIpv4(ReadOnlySpan<byte> packet, out IpHeader header)
    {
        header = default;
        if (packet.Length < Ipv4Length)
        {
            return false;
        }

        var headerLength = (packet[0] & 15) * 4;
        int totalLength = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (headerLength < Ipv4Length || headerLength > packet.Length || totalLength < headerLength)
        {
            return false;
        }

        int fragment = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        header = new IpHeader
        {
            Version = 4,
            Source = IpAddress.ReadIpv4(packet[12..]),
            Destination = IpAddress.ReadIpv4(packet[16..]),
            Protocol = packet[9],
            ProtocolOffset = 9,
            PayloadOffset = headerLength,
            TotalLength = totalLength,
            HopLimit = packet[8],
            Ecn = (EcnField)(packet[1] & 3),
            FragmentOffset = (fragment & FragmentOffsetMask) * 8,
            MoreFragments = (fragment & MoreFragmentsMask) != 0,
            Identification = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]),
        };
        return true;
    }

    private static bool TryReadIpv6(ReadOnlySpan<byte> packet, out IpHeader header)
    {
        header = default;
        if (packet.Length < Ipv6Length)
        {
            return false;
        }

        var totalLength = Ipv6Length + BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        var whole = packet[..Math.Min(totalLength, packet.Length)];
        if (!ExtensionHeaders.TryWalk(whole, out var extensions))
        {
            return false;
        }

        header = new IpHeader
        {
            Version = 6,
            Source = IpAddress.ReadIpv6(packet[8..]),
            Destination = IpAddress.ReadIpv6(packet[24..]),
            Protocol = packet[extensions.ProtocolOffset],
            ProtocolOffset = extensions.ProtocolOffset,
            PayloadOffset = extensions.PayloadOffset,
            TotalLength = totalLength,
            HopLimit = packet[7],
            Ecn = (EcnField)((packet[1] >> 4) & 3),
            FragmentLinkOffset = extensions.FragmentLinkOffset,
            FragmentOffset = extensions.FragmentOffset,
            MoreFragments = extensions.MoreFragments,
            Identification = extensions.Identification,
        };
        return true;
    }
}
