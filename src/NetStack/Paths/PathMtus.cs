namespace Onetun.NetStack;

/// <summary>
/// The path MTUs to other hosts that were found to be less than our own MTU. They are forgotten after a while, because paths
/// change (RFC 1191 §6.3, RFC 8201 §5.2), and so that wrong ones do no lasting harm.
/// </summary>
internal sealed class PathMtus(int mtu, Loopback loopback)
{
    /// <summary>The least that is believed in IPv4 (RFC 5927 §7.2), as in Linux; IPv6 has its own minimum (RFC 8201 §4).</summary>
    public const int Smallest4 = 552;

    /// <summary>The minimum MTU of IPv6, which practically every IPv4 path carries too.</summary>
    public const int Smallest6 = 1280;

    /// <summary>
    /// BASE_PLPMTU of RFC 8899 §5.1.2, which almost every path carries: what an outer path of 1,280 bytes leaves to a tunnel.
    /// </summary>
    public const int Base = 1200;

    /// <summary>How long a path MTU is remembered: what both RFCs suggest, and Linux's mtu_expires.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>The most hosts remembered; one that is evicted is found again.</summary>
    internal const int Capacity = 512;

    private readonly Dictionary<IpAddress, (int Mtu, TimeSpan Until)> _found = [];

    /// <inheritdoc cref="IpStack.PathOf"/>
    public PathLookup? PathOf { get; set; }

    public int Count => _found.Count;

    /// <summary>The longest packet that may be sent to a host, in bytes.</summary>
    public int To(TimeSpan now, in IpAddress remote)
    {
        var alone = _found.Count > 0 && _found.TryGetValue(remote, out var path) && now < path.Until ? path.Mtu : mtu;
        return PathTo(remote)?.Mtu is { } shared && shared < alone ? shared : alone;
    }

    /// <summary>
    /// The longest packet that a host should send us, in bytes. In IPv6 it cannot later be told less than the minimum MTU (RFC
    /// 8201 §4), so that it is <see cref="Base"/> until the path has been searched.
    /// </summary>
    public int From(TimeSpan now, in IpAddress remote)
    {
        var known = To(now, remote);
        return remote.IsIPv4 || PathTo(remote) is null or { IsKnown: true } ? known : Math.Min(known, Base);
    }

    /// <summary>The path to a host that it shares with others; null if there is none, and to ourselves.</summary>
    public NetworkPath? PathTo(in IpAddress remote)
    {
        if (PathOf is null || loopback.Takes(remote))
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[remote.Length];
        remote.Write(bytes);
        return PathOf(bytes);
    }

    /// <summary>
    /// The MTU that an ICMP error gives, in bytes, within the limits of what is believed; routers that do not say give 0.
    /// </summary>
    public static int Believed(in IpAddress remote, uint said) =>
        (int)Math.Clamp(said, (uint)(remote.IsIPv4 ? Smallest4 : Smallest6), ushort.MaxValue);

    /// <summary>Remembers a path MTU, unless a smaller one is remembered.</summary>
    public void Learn(TimeSpan now, in IpAddress remote, int found)
    {
        if (found > To(now, remote))
        {
            return;
        }

        if (_found.Count >= Capacity && !_found.ContainsKey(remote))
        {
            _found.Remove(_found.MinBy(path => path.Value.Until).Key);
        }

        _found[remote] = (found, now + Lifetime);
    }
}
