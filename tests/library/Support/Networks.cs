using System.Net;
using Onetun.Testing;
using Onetun.Tunnel;

namespace Onetun.Tests.Library;

/// <summary>Two tunnels of one process that are each other's peers, over loopback: a client's and a server's.</summary>
internal sealed class Networks : IAsyncDisposable
{
    private readonly WireGuardPair _pair;

    private Networks(WireGuardPair pair) => _pair = pair;

    public static IPAddress ClientAddress { get; } = IPAddress.Parse("192.168.4.3");

    public static IPAddress ServerAddress { get; } = IPAddress.Parse("192.168.4.2");

    public WireGuardTunnel Client => _pair.First;

    public WireGuardTunnel Server => _pair.Second;

    /// <summary>The client knows where the server is, which speaks when it is spoken to.</summary>
    public static async Task<Networks> StartAsync() => new(await WireGuardPair.StartAsync(new WireGuardPairOptions
    {
        FirstAddresses = [ClientAddress],
        SecondAddresses = [ServerAddress],
        Configure = options => options with { DisposeTimeout = TimeSpan.Zero },
    }));

    public static Uri Uri(int port, string path = "/", string scheme = "http") => new($"{scheme}://{ServerAddress}:{port}{path}");

    public ValueTask DisposeAsync() => _pair.DisposeAsync();
}
