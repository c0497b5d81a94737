namespace Onetun.NetStack;

/// <summary>
/// Looks at a path that several hosts share, before what is too long for it gets lost on it: once somebody behind it is
/// talked to, and after ten minutes again.
/// </summary>
public sealed partial class IpStack
{
    /// <summary>Where no host answers an echo request, the next one may.</summary>
    private static readonly TimeSpan UnansweredInterval = TimeSpan.FromMinutes(1);

    private readonly PathProber _prober;

    /// <summary>The path to an address, if many have it in common. Default: none have, and nothing is sent to look.</summary>
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
                connection.ForgetPassed(); // a connection may be older than what the path is like today
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
                path.Mtu = null; // some firewalls drop long echo requests, and only those
            }
            else
            {
                path.Mtu = found;
                Narrow(path, found);
            }
        }
    }

    /// <summary>What stands is cut to the path, and those at its other end are told.</summary>
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
        _connections.Values.Where(connection => connection.IsSynchronized && _settings.Paths.PathTo(connection.Flow.Remote) == path);
}
