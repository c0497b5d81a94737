using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.Capture;
using Onetun.NetStack;
using Onetun.Tunnel.Names;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>What a tunnel is made of.</summary>
public sealed record TunnelOptions
{
    /// <summary>The category of what is logged: <c>Onetun.Tunnel</c>.</summary>
    public const string LogCategory = "Onetun.Tunnel";

    /// <summary>Our static key. The tunnel does not dispose it.</summary>
    public required PrivateKey PrivateKey { get; init; }

    /// <summary>
    /// Our addresses inside the tunnel, at least one; an IPAddress is one without a network. Of several
    /// <see cref="InterfaceAddress.SourceFor"/> chooses the source address.
    /// </summary>
    public required IReadOnlyList<InterfaceAddress> Addresses { get; init; }

    /// <summary>The peers, at least one.</summary>
    public required IReadOnlyList<PeerOptions> Peers { get; init; }

    /// <summary>The options of the UDP socket that carries encrypted datagrams.</summary>
    public UdpTransportOptions Transport { get; init; } = new();

    /// <summary>Largest inner packet, bytes: 576 (1280 with an IPv6 address) to 65,475. Default 1420.</summary>
    public int Mtu { get; init; } = 1420;

    /// <summary>The options of all TCP connections in the tunnel.</summary>
    public TcpOptions Tcp { get; init; } = new();

    /// <summary>The options of all UDP flows in the tunnel.</summary>
    public UdpOptions Udp { get; init; } = new();

    /// <summary>The library that encrypts packets, if it is available. Default <see cref="AeadLibrary.OpenSsl"/>.</summary>
    public AeadLibrary AeadLibrary { get; init; } = AeadLibrary.OpenSsl;

    /// <summary>
    /// The resolvers in the network, which names are looked up by, through the tunnel; names of peers' endpoints are not. Default none: then the
    /// system's are asked, outside the tunnel.
    /// </summary>
    public IReadOnlyList<IPAddress> Dns { get; init; } = [];

    /// <summary>Domains in which <see cref="Dns"/> is asked for a name that has no dot, or is not known. Default none.</summary>
    public IReadOnlyList<string> SearchDomains { get; init; } = [];

    /// <summary>
    /// Where the tunnel and its forwards log, in the category <see cref="LogCategory"/>: peers that do not answer, have moved, or are
    /// reached by a narrow path, and connections of forwards. Default null: nowhere. Not disposed.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>
    /// The time of protocols, names and timeouts. Default null: the system's, by a clock that goes on while the machine sleeps, which no other of
    /// .NET does.
    /// </summary>
    public TimeProvider? TimeProvider { get; init; }

    /// <summary>
    /// Makes the meter <c>Onetun.Tunnel</c>; default null: the tunnel has one of its own, of that name. Metrics cost nothing that nobody collects.
    /// </summary>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>
    /// Those who watch what passes, from the first packet on, each until it throws. Default none; see also
    /// <see cref="WireGuardTunnel.AddTap"/>. The tunnel does not dispose them.
    /// </summary>
    public IReadOnlyList<IPacketTap> Taps { get; init; } = [];

    /// <summary>
    /// What disposing the tunnel may take, for all its connections together, to deliver what was written to them; what is left
    /// then is reset. Not negative; zero resets all of them at once. Default 2 seconds.
    /// </summary>
    public TimeSpan DisposeTimeout
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero, nameof(DisposeTimeout));
            field = value;
        }
    } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Hears of every fault that was survived, on the thread pool; default nobody. What it throws is ignored.
    /// </summary>
    public Action<TunnelFault>? Faulted { get; init; }

    internal ILogger CreateLogger() => LoggerFactory?.CreateLogger(LogCategory) ?? NullLogger.Instance;

    /// <summary>Asks the system for the addresses of a name; throws as <see cref="System.Net.Dns"/> does.</summary>
    internal Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = SystemNames.ResolveAsync;
}
