namespace Onetun.NetStack;

/// <summary>
/// What the paths to other hosts were found to carry, where that is less than our own MTU. It is forgotten after a while,
/// for paths change (RFC 1191 §6.3, RFC 8201 §5.2), and what is wrong heals.
/// </summary>
internal sealed class PathMtus(int mtu)
{
    /// <summary>RFC 5927 §7.2: who says less than this does us no good; Linux's figure. IPv6 has its own (RFC 8201 §4).</summary>
    public const int Smallest4 = 552;

    /// <summary>What each IPv6 path carries, and in practice each IPv4 path.</summary>
    public const int Smallest6 = 1280;

    /// <summary>RFC 8899 §5.1.2: passes almost everywhere; it is what an outer path of 1,280 leaves to a tunnel.</summary>
    public const int Base = 1200;

    /// <summary>What both RFCs suggest, and Linux does (mtu_expires).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Each is learned by a connection that stands; what is pushed out is found again.</summary>
    internal const int Capacity = 512;

    private readonly Dictionary<IpAddress, (int Mtu, TimeSpan Until)> _found = [];

    /// <inheritdoc cref="IpStack.PathOf"/>
    public PathLookup? PathOf { get; set; }

    public int Count => _found.Count;

    /// <summary>The longest packet that may be sent to a host, bytes.</summary>
    public int To(TimeSpan now, in IpAddress remote)
    {
        var alone = _found.Count > 0 && _found.TryGetValue(remote, out var path) && now < path.Until ? path.Mtu : mtu;
        return PathTo(remote)?.Mtu is { } shared && shared < alone ? shared : alone;
    }

    /// <summary>
    /// The longest packet that a host should send us. In IPv6 it cannot be told less than the minimum later (RFC 8201 §4): as
    /// long as nothing is known of the path, it is what RFC 8899 §5.1.2 begins with.
    /// </summary>
    public int From(TimeSpan now, in IpAddress remote)
    {
        var known = To(now, remote);
        return remote.IsIPv4 || PathTo(remote) is null or { IsKnown: true } ? known : Math.Min(known, Base);
    }

    /// <summary>What a host shares with others on the way to it.</summary>
    public NetworkPath? PathTo(in IpAddress remote)
    {
        if (PathOf is null)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[remote.Length];
        remote.Write(bytes);
        return PathOf(bytes);
    }

    /// <summary>What is believed of what an ICMP error says; 0 comes from routers that do not say.</summary>
    public static int Believed(in IpAddress remote, uint said) =>
        (int)Math.Clamp(said, (uint)(remote.IsIPv4 ? Smallest4 : Smallest6), ushort.MaxValue);

    /// <summary>Of two findings the smaller counts, as long as it lives.</summary>
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
