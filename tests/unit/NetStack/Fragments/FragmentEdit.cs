using System.Buffers.Binary;

namespace Onetun.NetStack.Tests;

/// <summary>Packets to cut, and any piece of them as a fragment, honest or not.</summary>
internal static class FragmentEdit
{
    public static readonly FlowKey Flow4 = new(
        IpAddress.FromIpv4(0x0A000001), IpAddress.FromIpv4(0x0A000002), 53, 50_000);

    public static readonly FlowKey Flow6 = new(
        new IpAddress(0xFD00UL << 48, 1), new IpAddress(0xFD00UL << 48, 2), 53, 50_000);

    public static FlowKey Flow(int version) => version == 4 ? Flow4 : Flow6;

    /// <summary>A UDP packet whose IP payload is so long.</summary>
    public static byte[] Packet(FlowKey flow, int ipPayload, int seed = 1)
    {
        var data = new byte[ipPayload - UdpDatagram.HeaderLength];
        new Random(seed).NextBytes(data);
        var packet = new byte[UdpWriter.HeaderLength(flow) + data.Length];
        UdpWriter.Write(packet, flow, data);
        return packet;
    }

    /// <summary>
    /// The payload from start to end as a fragment; it begins behind <paramref name="headerLength"/> bytes, or else
    /// behind the fixed header.
    /// </summary>
    public static byte[] Piece(
        byte[] packet, int start, int end, bool more, uint identification = 7, int headerLength = 0) =>
        packet[0] >> 4 == 4
            ? Piece4(packet, start, end, more, identification, headerLength == 0 ? 20 : headerLength)
            : Piece6(packet, start, end, more, identification, headerLength == 0 ? 40 : headerLength);

    /// <summary>What reassembly makes of the packet: IPv4 keeps the identification, and DF is gone.</summary>
    public static byte[] Whole(byte[] packet, uint identification = 7)
    {
        byte[] whole = [.. packet];
        if (whole[0] >> 4 == 4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(whole.AsSpan(4), (ushort)identification);
            whole[6] = whole[7] = 0;
            PacketEdit.FixIpv4Checksum(whole);
        }

        return whole;
    }

    /// <summary>All fragments of a packet, cut by the stack.</summary>
    public static List<byte[]> Cut(byte[] packet, int mtu, uint identification = 7)
    {
        List<byte[]> fragments = [];
        var buffer = new byte[mtu];
        var offset = 0;
        while (Fragmenter.TryNext(packet, mtu, ref offset, identification, buffer, out var length))
        {
            fragments.Add(buffer[..length]);
        }

        return fragments;
    }

    private static byte[] Piece4(byte[] packet, int start, int end, bool more, uint identification, int headerLength)
    {
        byte[] piece = [.. packet[..headerLength], .. packet[(headerLength + start)..(headerLength + end)]];
        BinaryPrimitives.WriteUInt16BigEndian(piece.AsSpan(2), (ushort)piece.Length);
        BinaryPrimitives.WriteUInt16BigEndian(piece.AsSpan(4), (ushort)identification);
        BinaryPrimitives.WriteUInt16BigEndian(piece.AsSpan(6), (ushort)((more ? 0x2000 : 0) + start / 8));
        PacketEdit.FixIpv4Checksum(piece);
        return piece;
    }

    private static byte[] Piece6(byte[] packet, int start, int end, bool more, uint identification, int headerLength)
    {
        byte[] header = [.. packet[..headerLength]];
        var link = headerLength == 40 ? 6 : 40;
        var fragment = new byte[8];
        fragment[0] = header[link];
        header[link] = IpProtocol.Fragment;
        BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(2), (ushort)(start | (more ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(fragment.AsSpan(4), identification);
        byte[] piece = [.. header, .. fragment, .. packet[(headerLength + start)..(headerLength + end)]];
        BinaryPrimitives.WriteUInt16BigEndian(piece.AsSpan(4), (ushort)(piece.Length - 40));
        return piece;
    }
}
