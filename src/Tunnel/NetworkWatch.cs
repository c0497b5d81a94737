using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Onetun.Tunnel;

/// <summary>
/// Tells when packets to the peers begin to leave from another address. The addresses and routes of other interfaces, which
/// containers and VPNs change all the time, do not matter.
/// </summary>
internal sealed class NetworkWatch : IDisposable
{
    /// <summary>How long a change may take: an address comes before its routes, and a network brings several of both.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    private readonly Func<IReadOnlyList<IPEndPoint>> _destinations;
    private readonly Action _moved;
    private readonly Func<IPEndPoint, IPAddress?> _sourceFor;
    private readonly Timer _settled;
    private readonly Lock _looking = new();
    private Dictionary<IPEndPoint, IPAddress> _sources = [];
    private readonly Action? _renewed;
    private readonly Func<int>? _link;
    private int _lastLink;
    private bool _isDue;

    /// <param name="destinations">Where packets go; asked at every look.</param>
    /// <param name="moved">Called on another thread.</param>
    /// <param name="sourceFor">The address that packets to a destination leave from; null if there is no way there.</param>
    /// <param name="renewed">Called before that, if the interface that we are bound to has been removed and made again.</param>
    /// <param name="link">The number of that interface; 0 if there is none.</param>
    public NetworkWatch(
        Func<IReadOnlyList<IPEndPoint>> destinations,
        Action moved,
        Func<IPEndPoint, IPAddress?> sourceFor,
        Action? renewed = null,
        Func<int>? link = null)
    {
        _destinations = destinations;
        _moved = moved;
        _sourceFor = sourceFor;
        _renewed = renewed;
        _link = link;
        _settled = new Timer(static watch => ((NetworkWatch)watch!).Look(), this, Timeout.Infinite, Timeout.Infinite);
        Look();
        try
        {
            NetworkChange.NetworkAddressChanged += OnChange;
            NetworkChange.NetworkAvailabilityChanged += OnChange;
        }
        catch (NetworkInformationException)
        {
            // A sandbox without netlink (systemd's RestrictAddressFamilies): then unanswered handshakes tell of the change
        }
    }

    /// <summary>Watches the way out of a driver's datagrams, and tells the driver.</summary>
    public static NetworkWatch For(TunnelDriver driver, OuterRoute route) => new(
        driver.ReadEndPoints,
        driver.OnNetworkMoved,
        destination => SourceFor(destination, route),
        driver.OnInterfaceRenewed,
        route.InterfaceIndex);

    public void Dispose()
    {
        NetworkChange.NetworkAddressChanged -= OnChange;
        NetworkChange.NetworkAvailabilityChanged -= OnChange;
        _settled.Dispose();
    }

    /// <summary>Compares with the last look. A destination that cannot be reached now keeps the address it had.</summary>
    internal void Look()
    {
        lock (_looking)
        {
            _isDue = false;
            LookAtLink();
            var sources = new Dictionary<IPEndPoint, IPAddress>();
            var moved = false;
            foreach (var destination in _destinations())
            {
                var before = _sources.GetValueOrDefault(destination);
                if ((_sourceFor(destination) ?? before) is { } source)
                {
                    sources[destination] = source;
                    moved |= before is not null && !before.Equals(source);
                }
            }

            _sources = sources;
            if (moved)
            {
                _moved();
            }
        }
    }

    /// <summary>Asks the routing table: connecting a UDP socket does that, and sends nothing.</summary>
    public static IPAddress? SourceFor(IPEndPoint destination, OuterRoute route)
    {
        try
        {
            using var probe = route.CreateSocket(destination.AddressFamily);
            probe.Connect(destination);
            return ((IPEndPoint)probe.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private void LookAtLink()
    {
        var (before, link) = (_lastLink, _link?.Invoke() ?? 0);
        if (link != 0)
        {
            _lastLink = link;
        }

        if (before != _lastLink && before != 0)
        {
            _renewed?.Invoke();
        }
    }

    private void OnChange(object? sender, EventArgs change)
    {
        // The time counts from the first of many changes
        if (!Interlocked.Exchange(ref _isDue, true))
        {
            _settled.Change(Settling, Timeout.InfiniteTimeSpan);
        }
    }
}
