using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Onetun.WireGuard.Tests;

/// <summary>Inner packets: as much of an IP header as WireGuard reads, and a payload.</summary>
internal static class Packets
{
    public static byte[] Ip(string source, string destination, int length = 100, int tag = 0)
    {
        var from = IPAddress.Parse(source);
        var packet = new byte[length];
        for (var i = 0; i < length; i++)
        {
            packet[i] = (byte)((7 * i) + tag);
        }

        if (from.AddressFamily == AddressFamily.InterNetwork)
        {
            packet[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)length);
            from.GetAddressBytes().CopyTo(packet, 12);
            IPAddress.Parse(destination).GetAddressBytes().CopyTo(packet, 16);
        }
        else
        {
            packet[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(length - 40));
            from.GetAddressBytes().CopyTo(packet, 8);
            IPAddress.Parse(destination).GetAddressBytes().CopyTo(packet, 24);
        }

        return packet;
    }
}
