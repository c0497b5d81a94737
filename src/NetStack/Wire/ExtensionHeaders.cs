using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>What the extension headers of an IPv6 packet said, RFC 8200 §4.</summary>
internal struct ExtensionHeaders
{
    // RFC 8200 §4.1 lists seven in their recommended order; a longer chain is an attack on the reader
    private const int MaxCount = 8;

    /// <summary>Where the next-header byte of the last header stands.</summary>
    public int ProtocolOffset { get; private set; }

    public int PayloadOffset { get; private set; }

    /// <summary>Where the byte stands that names the Fragment header; 0 without one.</summary>
    public int FragmentLinkOffset { get; private set; }

    public int FragmentOffset { get; private set; }

    public bool MoreFragments { get; private set; }

    public uint Identification { get; private set; }

    /// <summary>Where an unknown option stands that its sender wants to hear of (RFC 8200 §4.2); 0 without one.</summary>
    public int ProblemOffset { get; private set; }

    /// <summary>Walks to the upper-layer header, or to the data of a fragment; false when the chain is not acceptable.</summary>
    public static bool TryWalk(ReadOnlySpan<byte> packet, out ExtensionHeaders result)
    {
        result = new ExtensionHeaders { ProtocolOffset = 6, PayloadOffset = IpHeader.Ipv6Length };
        return TryWalk(packet, count: 0, ref result);
    }

    /// <summary>Walks on behind the Fragment header of a first fragment, at which <see cref="IpHeader"/> stops.</summary>
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

            // RFC 8200 §4.1: hop-by-hop options stand first or not at all
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
        IpProtocol.Routing => header[3] == 0,  // RFC 8200 §4.4: segments left; we are no router (RFC 5095)
        IpProtocol.Authentication => header.Length >= 12,
        _ => true,
    };

    // RFC 8200 §4.2: the two highest bits of an unknown option say whether to skip it, to drop the packet, or to drop it
    // and tell the sender; then the walk goes on, for an error message is never answered, and it may be one
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

    // A fragment that is the whole packet is read on as if the header were not there (RFC 6946)
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
