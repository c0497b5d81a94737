using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>The extension headers of an IPv6 packet (RFC 8200 §4).</summary>
internal struct ExtensionHeaders
{
    // RFC 8200 §4.1 recommends an order of seven; a longer chain is an attack
    private const int MaxCount = 8;

    /// <summary>The offset of the last header's Next Header field.</summary>
    public int ProtocolOffset { get; private set; }

    public int PayloadOffset { get; private set; }

    /// <summary>The offset of the Next Header field that announces the Fragment header; 0 if there is none.</summary>
    public int FragmentLinkOffset { get; private set; }

    public int FragmentOffset { get; private set; }

    public bool MoreFragments { get; private set; }

    public uint Identification { get; private set; }

    /// <summary>The offset of an unknown option that asks for an error message (RFC 8200 §4.2); 0 if there is none.</summary>
    public int ProblemOffset { get; private set; }

    /// <summary>Walks to the upper-layer header, or to the data of a fragment; false if the chain is not acceptable.</summary>
    public static bool TryWalk(ReadOnlySpan<byte> packet, out ExtensionHeaders result)
    {
        result = new ExtensionHeaders { ProtocolOffset = 6, PayloadOffset = IpHeader.Ipv6Length };
        return TryWalk(packet, count: 0, ref result);
    }

    /// <summary>Walks on after the Fragment header of a first fragment, at which <see cref="IpHeader"/> stops.</summary>
    public static bool TryWalkOn(ReadOnlySpan<byte> packet, in IpHeader fragment, out ExtensionHeaders result)
    {
        result = new ExtensionHeaders
        {
            ProtocolOffset = fragment.ProtocolOffset,
            PayloadOffset = fragment.PayloadOffset,
        };
        return TryWalk(packet, count: 1, ref result);
    }

    private static bool TryWalk(ReadOnlySpan<byte> packet, int count, ref ExtensionHeaders result)
    {
        for (; IsExtension(packet[result.ProtocolOffset]); count++)
        {
            var kind = packet[result.ProtocolOffset];
            var start = result.PayloadOffset;

            // Hop-by-hop options come first or not at all (RFC 8200 §4.1)
            if (count == MaxCount || packet.Length < start + 8 || (kind == IpProtocol.HopByHop && count > 0))
            {
                return false;
            }

            var length = LengthOf(kind, packet[start + 1]);
            if (start + length > packet.Length || !result.IsAcceptable(kind, packet.Slice(start, length), start))
            {
                return false;
            }

            var link = result.ProtocolOffset;
            result.ProtocolOffset = start;
            result.PayloadOffset = start + length;
            if (kind == IpProtocol.Fragment && result.ReadFragment(packet[start..], link))
            {
                break;
            }
        }

        return result.ProblemOffset == 0;
    }

    private static bool IsExtension(byte kind) =>
        kind is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.Fragment
            or IpProtocol.Authentication or IpProtocol.DestinationOptions;

    private static int LengthOf(byte kind, byte field) => kind switch
    {
        IpProtocol.Fragment => 8,
        IpProtocol.Authentication => (field + 2) * 4,  // RFC 4302 §2.2
        _ => (field + 1) * 8,
    };

    private bool IsAcceptable(byte kind, ReadOnlySpan<byte> header, int start) => kind switch
    {
        IpProtocol.HopByHop or IpProtocol.DestinationOptions => AreOptionsAcceptable(header, start),
        IpProtocol.Routing => header[3] == 0,  // Segments Left (RFC 8200 §4.4): we are no router (RFC 5095)
        IpProtocol.Authentication => header.Length >= 12,
        _ => true,
    };

    // The two highest bits of an unknown option say whether to skip it, to drop the packet, or to drop it and send an error
    // (RFC 8200 §4.2). In the last case the walk goes on, since the packet may be an error message itself, which draws none
    private bool AreOptionsAcceptable(ReadOnlySpan<byte> header, int start)
    {
        for (var at = 2; at < header.Length;)
        {
            if (header[at] == 0)
            {
                at++;
                continue;
            }

            if (at + 2 > header.Length || at + 2 + header[at + 1] > header.Length || header[at] >> 6 == 1)
            {
                return false;
            }

            if (header[at] >> 6 > 1 && ProblemOffset == 0)
            {
                ProblemOffset = start + at;
            }

            at += 2 + header[at + 1];
        }

        return true;
    }

    // An atomic fragment, which is a whole packet, is read on as if it had no Fragment header (RFC 6946)
    private bool ReadFragment(ReadOnlySpan<byte> header, int link)
    {
        FragmentLinkOffset = link;
        int field = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
        FragmentOffset = field & 0xFFF8;
        MoreFragments = (field & 1) != 0;
        Identification = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        return FragmentOffset != 0 || MoreFragments;
    }
}
