using Onetun.Fuzz.Capture;
using Onetun.Fuzz.Forwarder;
using Onetun.Fuzz.NetStack;
using Onetun.Fuzz.WireGuard;

namespace Onetun.Fuzz;

/// <summary>All that can be attacked.</summary>
internal static class Targets
{
    public static IReadOnlyList<Target> All { get; } =
    [
        new("tcp", "connections in every state: segments near the edges, lies, batches, the application, time", 300, () => new TcpGame()),
        new("ip", "a stack, by packets from anybody to anybody: IP, ICMP, UDP, TCP, fragments", 200, () => new IpGame()),
        new("wire", "the readers of packets, and the writers of answers", 50, () => new WireGame()),
        new("fragments", "reassembly: any order, overlaps, what is missing or forged", 100, () => new ReassemblyGame()),
        new("device", "sessions between two devices: a network that lies, and a peer that does", 200, () => new DeviceGame()),
        new("flood", "a device that hears nothing but rubbish", 200, () => new FloodGame()),
        new("capture", "what is shown and kept of packets", 200, () => new CaptureGame()),
        new("filter", "filters of packets: their text, and packets", 100, () => new FilterGame()),
        new("text", "configuration: files, options, forwards, hosts, prefixes, filters", 50, () => new TextGame()),
        new("proxy", "requests of SOCKS5 and HTTP clients, their bodies and responses", 50, () => new ProxyGame()),
        new("dns", "names, and answers of resolvers", 100, () => new DnsGame()),
    ];
}
