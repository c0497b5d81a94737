using System.Net;
using PacketDotNet;

namespace Onetun.Capture.Tests;

internal static class SamplePackets
{
    public static readonly IPAddress Ours = IPAddress.Parse("192.168.4.3");
    public static readonly IPAddress Theirs = IPAddress.Parse("192.168.4.2");

    public static byte[] Tcp(ushort sourcePort, ushort destinationPort, string payload = "", bool synchronize = false)
    {
        var tcp = new TcpPacket(sourcePort, destinationPort)
        {
            SequenceNumber = 7,
            WindowSize = 512,
            Synchronize = synchronize,
            Acknowledgment = !synchronize,
            PayloadData = System.Text.Encoding.ASCII.GetBytes(payload),
        };
        return Finish(new IPv4Packet(Ours, Theirs) { PayloadPacket = tcp });
    }

    public static byte[] Udp6(ushort sourcePort, ushort destinationPort, string payload)
    {
        var udp = new UdpPacket(sourcePort, destinationPort) { PayloadData = System.Text.Encoding.ASCII.GetBytes(payload) };
        return Finish(new IPv6Packet(IPAddress.Parse("fd00::3"), IPAddress.Parse("fd00::2")) { PayloadPacket = udp });
    }

    private static byte[] Finish(IPPacket ip)
    {
        ip.UpdateCalculatedValues();
        return ip.Bytes;
    }
}
