using System.Globalization;
using System.Net;
using System.Text;
using PacketDotNet;

namespace Onetun.Capture;

/// <summary>Describes an IP packet in one line, for people without Wireshark at hand.</summary>
public static class PacketDescription
{
    /// <summary>
    /// Gives a line such as <c>10.0.0.1:40000 > 10.0.0.2:80 TCP [SYN] seq=1 win=65535 len=0</c>. Of bytes that are not a readable
    /// packet it gives only the number; it does not throw.
    /// </summary>
    public static string Describe(ReadOnlySpan<byte> packet)
    {
        try
        {
            return Packet.ParsePacket(LinkLayers.Raw, packet.ToArray()).Extract<IPPacket>() is { } ip
                ? Describe(ip)
                : Unreadable(packet);
        }
#pragma warning disable CA1031 // PacketDotNet has no list of what it throws at a damaged packet.
        catch (Exception)
#pragma warning restore CA1031
        {
            return Unreadable(packet);
        }
    }

    private static string Describe(IPPacket ip) => ip.PayloadPacket switch
    {
        TcpPacket tcp => $"{Ends(ip, tcp)} {Describe(tcp, TcpLength(ip, tcp))}",
        UdpPacket udp => $"{Ends(ip, udp)} UDP len={udp.Length - 8}",
        IcmpV4Packet icmp => $"{ip.SourceAddress} > {ip.DestinationAddress} ICMP {icmp.TypeCode}",
        IcmpV6Packet icmp => $"{ip.SourceAddress} > {ip.DestinationAddress} ICMPv6 {icmp.Type}",
        _ => $"{ip.SourceAddress} > {ip.DestinationAddress} {ip.Protocol} len={ip.TotalLength}",
    };

    private static string Describe(TcpPacket tcp, int length)
    {
        var text = new StringBuilder("TCP [").Append(Flags(tcp)).Append(']');
        text.Append(CultureInfo.InvariantCulture, $" seq={tcp.SequenceNumber}");
        if (tcp.Acknowledgment)
        {
            text.Append(CultureInfo.InvariantCulture, $" ack={tcp.AcknowledgmentNumber}");
        }

        return text.Append(CultureInfo.InvariantCulture, $" win={tcp.WindowSize} len={length}").ToString();
    }

    private static string Flags(TcpPacket tcp)
    {
        (bool Set, string Name)[] flags =
        [
            (tcp.Synchronize, "SYN"), (tcp.Finished, "FIN"), (tcp.Reset, "RST"), (tcp.Push, "PSH"),
            (tcp.Acknowledgment, "ACK"), (tcp.Urgent, "URG"),
        ];
        return string.Join(' ', flags.Where(flag => flag.Set).Select(flag => flag.Name));
    }

    private static int TcpLength(IPPacket ip, TcpPacket tcp) =>
        ip.TotalLength - (ip.TotalPacketLength - tcp.TotalPacketLength) - (tcp.DataOffset * 4);

    private static string Ends(IPPacket ip, TransportPacket transport) =>
        $"{new IPEndPoint(ip.SourceAddress, transport.SourcePort)} > "
        + $"{new IPEndPoint(ip.DestinationAddress, transport.DestinationPort)}";

    private static string Unreadable(ReadOnlySpan<byte> packet) => $"{packet.Length} bytes that are not an IP packet";
}
