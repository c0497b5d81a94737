using System.Net;

namespace Onetun.Soak;

/// <summary>The addresses of the run, and every way through onetun.</summary>
internal sealed class Routes(Network far, string directory)
{
    public const string Onetun = "10.99.0.3";
    public const string Onetun6 = "fd99::3";
    public const int ServicePort = 7;
    public const int ClosedPort = 9;
    public const int NearServicePort = 8;
    public const int Metrics = 9090;

    /// <summary>In front of the peers, as onetun sees them.</summary>
    public const string Router = "192.0.2.254";
    public const int FirstPort = 51820;
    public const int SecondPort = 51821;

    private const int Socks5Port = 1080;
    private const int HttpPort = 3128;
    private const int RemotePort = 8001;
    private const int First = 7001;
    private const int First6 = 7002;
    private const int Second = 7003;
    private const int Reloaded = 7004;
    private const int Closed4 = 7005;

    public static readonly IPAddress FirstPeer = IPAddress.Parse("10.99.0.1");
    public static readonly IPAddress FirstPeer6 = IPAddress.Parse("fd99::1");
    public static readonly IPAddress SecondPeer = IPAddress.Parse("10.98.0.1");

    private static readonly IPEndPoint Service = new(FirstPeer, ServicePort);
    private static readonly IPEndPoint Nobody = new(SecondPeer, ClosedPort);
    private static readonly IPEndPoint Remote = new(IPAddress.Parse(Onetun), RemotePort);

    /// <summary>The forwards that stand in the configuration file, the last of them coming and going.</summary>
    public IReadOnlyList<string> Forwards { get; } =
    [
        $"127.0.0.1:{First}:{FirstPeer}:{ServicePort}:TCP,UDP",
        $"127.0.0.1:{First6}:[{FirstPeer6}]:{ServicePort}:TCP,UDP",
        $"127.0.0.1:{Second}:{SecondPeer}:{ServicePort}:TCP,UDP",
        $"127.0.0.1:{Closed4}:{FirstPeer}:{ClosedPort}",
        $"unix:{directory}/soak.sock:{FirstPeer}:{ServicePort}",
        $"127.0.0.1:{Reloaded}:{FirstPeer}:{ServicePort}",
    ];

    /// <summary>Those on the command line.</summary>
    public static IReadOnlyList<string> Options { get; } =
    [
        "--socks5", $"{Socks5Port}",
        "--http-proxy", $"{HttpPort}",
        "--metrics", $"{Metrics}",
        "--remote", $"{RemotePort}:127.0.0.1:{NearServicePort}:TCP,UDP",
        "--udp-timeout", "15",
    ];

    /// <summary>Of which no connection may break.</summary>
    public IReadOnlyList<Route> Standing { get; } =
    [
        Route.Forward(First),
        Route.Forward(First6),
        Route.Forward(Second),
        Route.Unix($"{directory}/soak.sock"),
        Route.Socks5(Socks5Port, Service),
        Route.Http(HttpPort, new IPEndPoint(SecondPeer, ServicePort)),
        Route.Remote(far, Remote),
    ];

    public IReadOnlyList<Route> Open => [.. Standing, Route.Forward(Reloaded) with { ComesAndGoes = true }];

    public IReadOnlyList<Route> Closed { get; } =
    [
        Route.Forward(Closed4),
        Route.Socks5(Socks5Port, Nobody),
        Route.Http(HttpPort, Nobody),
        Route.Remote(far, new IPEndPoint(Remote.Address, RemotePort + 1)),
    ];

    public IReadOnlyList<DatagramRoute> Datagrams { get; } =
    [
        DatagramRoute.To(new IPEndPoint(IPAddress.Loopback, First)),
        DatagramRoute.To(new IPEndPoint(IPAddress.Loopback, First6)),
        DatagramRoute.To(new IPEndPoint(IPAddress.Loopback, Second)),
        DatagramRoute.Socks5(Socks5Port, Service),
        DatagramRoute.From(far, Remote),
    ];
}
