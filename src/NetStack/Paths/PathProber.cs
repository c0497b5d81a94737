using System.Diagnostics.CodeAnalysis;

namespace Onetun.NetStack;

/// <summary>The searches in progress, at most one per path.</summary>
internal sealed class PathProber(int mtu, ushort identifier)
{
    /// <summary>The most searches at once; further paths are searched at their next connection.</summary>
    private const int MaxSearches = 8;

    private readonly List<PathSearch> _searches = [];

    /// <summary>The earliest deadline; <see cref="TimeSpan.MaxValue"/> if there is none.</summary>
    public TimeSpan NextTimeout { get; private set; } = TimeSpan.MaxValue;

    /// <summary>Begins to search a path, unless it was searched recently.</summary>
    public bool TryBegin(TimeSpan now, NetworkPath path, in IpAddress local, in IpAddress remote)
    {
        if (now < path.CheckedUntil || _searches.Count >= MaxSearches)
        {
            return false;
        }

        path.CheckedUntil = TimeSpan.MaxValue;
        var search = new PathSearch(path, local, remote, mtu, identifier);
        search.BeginRound(now);
        _searches.Add(search);
        FindDeadline();
        return true;
    }

    public bool TryTransmit(Span<byte> buffer, out int length)
    {
        length = 0;
        foreach (var search in _searches)
        {
            if (search.TryTransmit(buffer, out length))
            {
                return true;
            }
        }

        return false;
    }

    public bool OnReply(in IcmpMessage reply)
    {
        foreach (var search in _searches)
        {
            if (search.OnReply(reply))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Begins the rounds that are due; removes a search that is over.</summary>
    public bool TryEnd(TimeSpan now, [NotNullWhen(true)] out PathSearch? over)
    {
        over = null;
        foreach (var search in _searches)
        {
            if (search.Deadline <= now && !search.IsOver)
            {
                search.BeginRound(now);
            }

            over = search.IsOver ? search : over;
        }

        if (over is not null)
        {
            _searches.Remove(over);
        }

        FindDeadline();
        return over is not null;
    }

    private void FindDeadline()
    {
        NextTimeout = TimeSpan.MaxValue;
        foreach (var search in _searches)
        {
            NextTimeout = search.Deadline < NextTimeout ? search.Deadline : NextTimeout;
        }
    }
}
