namespace Onetun.NetStack;

/// <summary>
/// Searches the MTU of paths that several hosts share, before packets that are too long get lost on them: when a host behind
/// one is first sent to, and again after ten minutes.
/// </summary>
public sealed partial class IpStack
{
    /// <summary>How soon a path is searched again if a host did not answer echo requests: the next one may.</summary>
    private static readonly TimeSpan UnansweredInterval = TimeSpan.FromMinutes(1);

    private readonly PathProber _prober;

    /// <summary>
    /// The path to an address that it shares with others; default null, no paths are shared, and none are searched.
    /// </summary>
    public PathLookup? PathOf
    {
        get => _settings.Paths.PathOf;
        set => _settings.Paths.PathOf = value;
    }

    private void LookAtPath(TimeSpan now, ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length > PathMtus.Base && PathOf is not null && IpHeader.TryRead(datagram, out var header))
        {
            LookAtPath(now, header.Source, header.Destination);
        }
    }

    private void LookAtPath(TimeSpan now, in IpAddress local, in IpAddress remote)
    {
        if (_settings.Paths.PathTo(remote) is { } path && _prober.TryBegin(now, path, local, remote))
        {
            foreach (var connection in On(path))
            {
                connection.ForgetPassed(); // What got through before may no longer
            }
        }
    }

    private void EndSearches(TimeSpan now)
    {
        while (_prober.TryEnd(now, out var search))
        {
            var path = search.Path;
            path.IsKnown = true;
            path.CheckedUntil = now + (search.Longest == 0 ? UnansweredInterval : PathMtus.Lifetime);
            if (search.Longest == 0)
            {
                continue;
            }

            var found = Math.Max(search.Longest, PathMtus.Smallest4);
            if (found >= Options.Mtu || On(path).Any(connection => connection.HasPassed(found)))
            {
                path.Mtu = null; // Some firewalls drop long echo requests, but nothing else
            }
            else
            {
                path.Mtu = found;
                Narrow(path, found);
            }
        }
    }

    /// <summary>Reduces the segments of established connections to the path MTU, and sends that to their peers.</summary>
    private void Narrow(NetworkPath path, int mtu)
    {
        HashSet<IpAddress> told = [];
        foreach (var connection in On(path))
        {
            Narrow(connection, mtu);
            if (told.Add(connection.Flow.Remote))
            {
                _replies.PacketTooBig(connection, mtu);
            }
        }
    }

    private IEnumerable<TcpConnection> On(NetworkPath path) =>
        _connections.Values.Where(
            connection => connection.IsSynchronized && _settings.Paths.PathTo(connection.Flow.Remote) == path);
}
