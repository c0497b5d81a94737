using Onetun.Fuzz.NetStack;
using Onetun.Fuzz.WireGuard;

namespace Onetun.Fuzz;

/// <summary>All that can be attacked.</summary>
internal static class Targets
{
    public static IReadOnlyList<Target> All { get; } =
    [
        new("tcp", "connections in every state: segments near the edges, lies, batches, the application, time", 300, () => new TcpGame()),
        new("device", "sessions between two devices: a network that lies, and a peer that does", 200, () => new DeviceGame()),
    ];
}
