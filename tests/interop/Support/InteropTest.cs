using System.Net;
using System.Net.Sockets;

namespace Onetun.Interop;

/// <summary>
/// A test with a peer and any number of onetuns. When it ends, whatever onetun still runs must obey SIGTERM within five
/// seconds; what the processes and the container said goes to the test's output.
/// </summary>
public abstract class InteropTest : IAsyncDisposable
{
    private readonly ITestOutputHelper _output;
    private readonly List<OnetunProcess> _processes = [];
    private readonly DateTime _begin = DateTime.UtcNow;

    protected InteropTest(WireGuardPeer peer, ITestOutputHelper output)
    {
        Peer = peer;
        _output = output;
        peer.SkipWhereAbsent();
    }

    protected WireGuardPeer Peer { get; }

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual async ValueTask DisposeAsync()
    {
        try
        {
            foreach (var process in _processes.Where(process => !process.HasExited))
            {
                Assert.Equal(0, await process.StopAsync());
            }
        }
        finally
        {
            foreach (var process in _processes)
            {
                _output.WriteLine($"onetun:\n{process.Log}");
                process.Dispose();
            }

            _output.WriteLine($"The peer:\n{await Peer.ReadLogsAsync(_begin)}");
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Starts a onetun whose peer is the container, and waits until it forwards.</summary>
    internal Task<OnetunProcess> StartAsync(params Forward[] forwards) => StartAsync(forwards, []);

    internal Task<OnetunProcess> StartAsync(Forward[] forwards, string[] options, IPEndPoint? endPoint = null)
    {
        string[] arguments =
        [
            .. forwards.Select(forward => forward.ToString()),
            .. WayToPeer(forwards.Any(IsV6) ? "fd99::2" : "10.99.0.2", endPoint),
            .. options,
        ];
        return StartAsync(arguments, announcements: Math.Max(1, forwards.Sum(forward => forward.Protocols.Length)));
    }

    internal Task<OnetunProcess> StartAsync(string[] arguments, int announcements) =>
        StartAsync(Checkout.Onetun, arguments, announcements);

    internal async Task<OnetunProcess> StartAsync(string program, string[] arguments, int announcements)
    {
        var process = OnetunProcess.Start(program, arguments, announcements);
        _processes.Add(process);
        await process.WaitUntilTunnelingAsync();
        return process;
    }

    /// <summary>Starts one that carries its standard input and output to a port of the peer.</summary>
    internal OnetunProcess StartStdio(int port)
    {
        var process = OnetunProcess.Start(
            ["stdio", $"{WireGuardPeer.Address}:{port}", .. WayToPeer("10.99.0.2")], isPiped: true);
        _processes.Add(process);
        return process;
    }

    internal string[] WayToPeer(string address, IPEndPoint? endPoint = null) =>
    [
        "--endpoint-addr", (endPoint ?? Peer.EndPoint).ToString(),
        "--endpoint-public-key", Peer.PublicKey,
        "--private-key-file", Peer.PrivateKeyFile,
        "--source-peer-ip", address,
    ];

    private static bool IsV6(Forward forward) => forward.Remote.AddressFamily == AddressFamily.InterNetworkV6;
}
