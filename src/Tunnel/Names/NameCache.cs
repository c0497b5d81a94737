using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel.Text;

namespace Onetun.Tunnel.Names;

/// <summary>Remembers the addresses of names for as long as they hold; asks once for all who want one name.</summary>
/// <param name="lookup">Looks a name up.</param>
/// <param name="time">How long answers hold.</param>
/// <param name="capacity">The most names that are remembered.</param>
/// <param name="isQuick">Whether a lookup never blocks, and so needs no thread of its own.</param>
internal sealed class NameCache(Func<string, Task<NameAnswer>> lookup, TimeProvider time, int capacity = 1024, bool isQuick = false)
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.OrdinalIgnoreCase);

    public int Count
    {
        get
        {
            lock (_entries)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The addresses of a name, or of an address itself.</summary>
    public async Task<IReadOnlyList<IPAddress>> FindAsync(string host, CancellationToken cancellationToken)
    {
        if (HostText.TryParseAddress(host, out var address))
        {
            return [address];
        }

        if (HostText.IsBrokenIPv4(host))
        {
            return [];
        }

        var answer = await Ask(host).WaitAsync(cancellationToken).ConfigureAwait(false);
        return answer.Addresses;
    }

    /// <summary>Where a destination is, by address or by name.</summary>
    /// <exception cref="SocketException">The name has no address.</exception>
    public async ValueTask<IReadOnlyList<IPEndPoint>> FindAsync(EndPoint destination, CancellationToken cancellationToken)
    {
        if (destination is not DnsEndPoint named)
        {
            return [(IPEndPoint)destination];
        }

        var found = await FindAsync(named.Host, cancellationToken).ConfigureAwait(false);
        return found.Count > 0
            ? [.. found.Select(address => new IPEndPoint(address, named.Port))]
            : throw new SocketException((int)SocketError.HostNotFound);
    }

    private Task<NameAnswer> Ask(string host)
    {
        lock (_entries)
        {
            if (_entries.TryGetValue(host, out var known) && !HasExpired(known))
            {
                return known.Answer;
            }

            if (_entries.Count >= capacity && !_entries.ContainsKey(host))
            {
                MakeRoom();
            }

            // Others have a thread of their own, for some block.
            var entry = new Entry { AskedAt = time.GetTimestamp() };
            entry.Answer = isQuick ? LookUpAsync(host, entry) : Task.Run(() => LookUpAsync(host, entry));
            _entries[host] = entry;
            return entry.Answer;
        }
    }

    private async Task<NameAnswer> LookUpAsync(string host, Entry entry)
    {
        var answer = NameAnswer.None with { TimeToLive = TimeSpan.Zero }; // A failure is not worth remembering
        try
        {
            return answer = await lookup(host).ConfigureAwait(false);
        }
        finally
        {
            lock (_entries)
            {
                (entry.AnsweredAt, entry.TimeToLive) = (time.GetTimestamp(), answer.TimeToLive);
            }
        }
    }

    private void MakeRoom()
    {
        foreach (var (host, entry) in _entries)
        {
            if (HasExpired(entry))
            {
                _entries.Remove(host);
            }
        }

        if (_entries.Count >= capacity)
        {
            _entries.Remove(_entries.MinBy(entry => entry.Value.AskedAt).Key);
        }
    }

    private bool HasExpired(Entry entry) =>
        entry.AnsweredAt is { } answeredAt && time.GetElapsedTime(answeredAt) >= entry.TimeToLive;

    private sealed class Entry
    {
        public required long AskedAt { get; init; }

        public Task<NameAnswer> Answer { get; set; } = Task.FromResult(NameAnswer.None);

        /// <summary>None as long as nobody has answered.</summary>
        public long? AnsweredAt { get; set; }

        public TimeSpan TimeToLive { get; set; }
    }
}
