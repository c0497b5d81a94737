using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// The control messages of a message, one behind the other (cmsg(3)). Room for the three that there can be: UDP_SEGMENT or
/// UDP_GRO takes 24 bytes, IPV6_PKTINFO 40, and IP_PKTINFO less, IP_TOS or IPV6_TCLASS 24.
/// </summary>
[SupportedOSPlatform("linux")]
[InlineArray(Size / sizeof(ulong))]
internal struct ControlBlock
{
    private const int Size = 88;

    // The structure in_pktinfo (ip(7)) has the interface, our address, and the destination in the header; in6_pktinfo
    // (RFC 3542 §6) has our address and the interface
    private const int IPv4InformationLength = 12;
    private const int IPv4AddressOffset = 4;
    private const int IPv6InformationLength = 20;
    private const int IPv6InterfaceOffset = 16;

    // The ECN field's part of the TOS byte and of the traffic class; the other six bits are the DSCP (RFC 3168 §5).
    private const int EcnMask = 3;

    private ulong _first;

    /// <summary>
    /// Writes which address of ours a message leaves from, in which zone, and the size of the datagrams that it is cut into;
    /// for 0 it writes nothing. Returns the bytes used.
    /// </summary>
    public int Write(bool ipv6, UInt128 source, uint zone, int segmentLength)
    {
        var all = MemoryMarshal.AsBytes((Span<ulong>)this);
        var used = 0;
        if (source != default)
        {
            WriteSource(all, ref used, ipv6, source, zone);
        }
        if (segmentLength > 0)
        {
            var value = Append(all, ref used, Libc.SolUdp, Libc.UdpSegment, sizeof(ushort));
            BitConverter.TryWriteBytes(value, (ushort)segmentLength);
        }
        return used;
    }

    /// <summary>
    /// Writes behind that the ECN field that datagrams leave with; their DSCP is 0, as it is when nothing is written. Returns all
    /// the bytes used.
    /// </summary>
    /// <param name="used">What <see cref="Write"/> returned.</param>
    /// <param name="isIPv6Packet">
    /// False on a socket of IPv6 too, where it sends to a mapped address (ip_cmsg_send of Linux).
    /// </param>
    /// <param name="ecn">The field.</param>
    public int WriteEcn(int used, bool isIPv6Packet, EcnField ecn)
    {
        var all = MemoryMarshal.AsBytes((Span<ulong>)this);
        (var level, var type) = isIPv6Packet ? (Libc.SolIPv6, Libc.IPv6TrafficClass) : (Libc.SolIP, Libc.IPTos);
        BitConverter.TryWriteBytes(Append(all, ref used, level, type, sizeof(int)), (int)ecn);
        return used;
    }

    /// <summary>
    /// Reads the address of ours that a message came to, or 0; the size of the datagrams of a train, or 0; and the ECN field that
    /// they came with.
    /// </summary>
    public readonly UInt128 Read(int length, out int segmentLength, out EcnField ecn)
    {
        segmentLength = 0;
        ecn = EcnField.NotEct;
        UInt128 local = default;
        var rest = MemoryMarshal.AsBytes((ReadOnlySpan<ulong>)this)[..Math.Min(length, Size)];
        while (rest.Length >= HeaderLength)
        {
            var header = MemoryMarshal.Read<ControlHeader>(rest);
            if (header.Length < (nuint)HeaderLength || header.Length > (nuint)rest.Length)
            {
                break;
            }
            var value = rest[HeaderLength..(int)header.Length];
            switch (header.Level, header.Type, value.Length)
            {
                case (Libc.SolUdp, Libc.UdpGro, >= sizeof(int)):
                    segmentLength = BitConverter.ToInt32(value);
                    break;
                // One byte; the traffic class is an int, as RFC 3542 §6.5 has it.
                case (Libc.SolIP, Libc.IPTos, >= sizeof(byte)):
                    ecn = (EcnField)(value[0] & EcnMask);
                    break;
                case (Libc.SolIPv6, Libc.IPv6TrafficClass, >= sizeof(int)):
                    ecn = (EcnField)(BitConverter.ToInt32(value) & EcnMask);
                    break;
                case (Libc.SolIP, Libc.IPPacketInformation, >= IPv4InformationLength):
                    local = SocketAddressBytes.MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(value[IPv4AddressOffset..]);
                    break;
                case (Libc.SolIPv6, Libc.IPv6PacketInformation, >= IPv6InformationLength):
                    local = BinaryPrimitives.ReadUInt128BigEndian(value);
                    break;
            }
            rest = rest[Math.Min(Align((int)header.Length), rest.Length)..];
        }
        return local;
    }

    private static int HeaderLength => Unsafe.SizeOf<ControlHeader>();

    private static void WriteSource(Span<byte> all, ref int used, bool ipv6, UInt128 source, uint zone)
    {
        if (ipv6)
        {
            // An IPv4 address too: its mapped form (ip_cmsg_send of Linux)
            var value = Append(all, ref used, Libc.SolIPv6, Libc.IPv6PacketInformation, IPv6InformationLength);
            BinaryPrimitives.WriteUInt128BigEndian(value, source);
            BitConverter.TryWriteBytes(value[IPv6InterfaceOffset..], zone);
        }
        else
        {
            var value = Append(all, ref used, Libc.SolIP, Libc.IPPacketInformation, IPv4InformationLength);
            value.Clear();
            BinaryPrimitives.WriteUInt32BigEndian(value[IPv4AddressOffset..], (uint)source);
        }
    }

    /// <summary>The place for a value. CMSG_LEN leaves the padding out, CMSG_SPACE counts it.</summary>
    private static Span<byte> Append(Span<byte> all, ref int used, int level, int type, int length)
    {
        var header = new ControlHeader { Length = (nuint)(HeaderLength + length), Level = level, Type = type };
        MemoryMarshal.Write(all[used..], header);
        var value = all.Slice(used + HeaderLength, length);
        used += Align(HeaderLength + length);
        return value;
    }

    private static int Align(int length) => (length + nuint.Size - 1) & -nuint.Size;

    /// <summary>The struct cmsghdr of cmsg(3).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ControlHeader
    {
        public nuint Length;
        public int Level;
        public int Type;
    }
}
