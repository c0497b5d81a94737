using System.Net;
using System.Net.Sockets;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Testing;

/// <summary>
/// Two real tunnels in this process that are each other's peers, over UDP of the loopback interface: for tests that want WireGuard itself
/// between the program and what it talks to. Without privileges, in real time.
/// </summary>
public sealed class WireGuardPair : IAsyncDisposable
{
    // Of the datagram that has them shake hands (RFC 863)
    private const int DiscardPort = 9;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly PrivateKey? _firstKey;
    private readonly PrivateKey? _secondKey;

    private WireGuardPair(WireGuardTunnel first, WireGuardTunnel second, PrivateKey? firstKey, PrivateKey? secondKey)
    {
        (First, Second, _firstKey, _secondKey) = (first, second, firstKey, secondKey);
    }

    /// <summary>One of them.</summary>
    public WireGuardTunnel First { get; }

    /// <summary>The other.</summary>
    public WireGuardTunnel Second { get; }

    /// <summary>The first address of <see cref="First"/>, to connect to from the second.</summary>
    public IPAddress FirstAddress => First.Addresses[0].Address;

    /// <summary>The first address of <see cref="Second"/>, to connect to from the first.</summary>
    public IPAddress SecondAddress => Second.Addresses[0].Address;

    /// <summary>Starts both, and waits until they have shaken hands.</summary>
    /// <param name="options">Addresses, keys and the rest; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ArgumentException">
    /// An option is out of its range, or the tunnels have no IP version in common.
    /// </exception>
    /// <exception cref="TimeoutException">They have not shaken hands within half a minute.</exception>
    /// <exception cref="SocketException">A UDP socket cannot be bound.</exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled.</exception>
    public static async Task<WireGuardPair> StartAsync(WireGuardPairOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new WireGuardPairOptions();
        var firstKey = options.FirstKey is null ? PrivateKey.Generate() : null;
        var secondKey = options.SecondKey is null ? PrivateKey.Generate() : null;
        WireGuardTunnel? first = null;
        WireGuardTunnel? second = null;
        try
        {
            var (ours, theirs) = (options.FirstKey ?? firstKey!, options.SecondKey ?? secondKey!);
            second = await WireGuardTunnel.StartAsync(
                Side(options, theirs, options.SecondAddresses, ours.PublicKey, options.FirstAddresses, endPoint: null),
                cancellationToken).ConfigureAwait(false);
            first = await WireGuardTunnel.StartAsync(
                Side(options, ours, options.FirstAddresses, theirs.PublicKey, options.SecondAddresses, second.LocalEndPoint),
                cancellationToken).ConfigureAwait(false);
            await ShakeHandsAsync(first, second, cancellationToken).ConfigureAwait(false);
            return new WireGuardPair(first, second, firstKey, secondKey);
        }
        catch
        {
            await EndAsync(first, second, firstKey, secondKey).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends both, together, and the keys that were made for them.</summary>
    public ValueTask DisposeAsync() => EndAsync(First, Second, _firstKey, _secondKey);

    private static TunnelOptions Side(
        WireGuardPairOptions options,
        PrivateKey key,
        IReadOnlyList<InterfaceAddress> addresses,
        PublicKey peer,
        IReadOnlyList<InterfaceAddress> peerAddresses,
        IPEndPoint? endPoint)
    {
        var side = new TunnelOptions
        {
            PrivateKey = key,
            Addresses = addresses,
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            Peers =
            [
                new PeerOptions
                {
                    PublicKey = peer,
                    PresharedKey = options.PresharedKey,
                    EndPoint = endPoint,
                    AllowedIPs = [.. peerAddresses.Select(one => new IPNetwork(one.Address, one.Address.GetAddressBytes().Length * 8))],
                },
            ],
        };
        return options.Configure?.Invoke(side) ?? side;
    }

    // The second knows where the first is, and that its session holds, from the first packet on
    private static async Task ShakeHandsAsync(WireGuardTunnel first, WireGuardTunnel second, CancellationToken cancellationToken)
    {
        var target = second.Addresses.Select(theirs => theirs.Address)
            .FirstOrDefault(theirs => first.Addresses.Any(ours => ours.Address.AddressFamily == theirs.AddressFamily))
            ?? throw new ArgumentException("The tunnels have no IP version in common.");
        var listener = second.ListenUdp(DiscardPort);
        var hello = first.ConnectUdp(new IPEndPoint(target, DiscardPort));
        try
        {
            hello.Send([]);
            if (await listener.AcceptAsync(cancellationToken).AsTask().WaitAsync(Patience, cancellationToken).ConfigureAwait(false) is { } heard)
            {
                await heard.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            await hello.DisposeAsync().ConfigureAwait(false);
            await listener.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask EndAsync(WireGuardTunnel? first, WireGuardTunnel? second, PrivateKey? firstKey, PrivateKey? secondKey)
    {
        await Task.WhenAll(
            first?.DisposeAsync().AsTask() ?? Task.CompletedTask, second?.DisposeAsync().AsTask() ?? Task.CompletedTask).ConfigureAwait(false);
        firstKey?.Dispose();
        secondKey?.Dispose();
    }
}
