using System.Net;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Names;

/// <summary>Remembers the addresses of names for as long as they hold; asks once for all who want one name.</summary>
internal sealed class NameCache(Func<string, Task<NameAnswer>> lookup, TimeProvider time, int capacity = 1024)
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
        return answer.Answer.Addresses;
    }

    private Task<Known> Ask(string host)
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

            // .. on a thread of its own: some lookups block
            var entry = new Entry(Task.Run(() => LookUpAsync(host)), time.GetTimestamp());
            _entries[host] = entry;
            return entry.Answer;
        }
    }

    private async Task<Known> LookUpAsync(string host)
    {
        var answer = await lookup(host).ConfigureAwait(false);
        return new Known(answer, time.GetTimestamp());
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
            _entries.Remove(_entries.MinBy(entry => entry.Value.Asked).Key);
        }
    }

    private bool HasExpired(Entry entry) => entry.Answer.IsCompleted
        && (!entry.Answer.IsCompletedSuccessfully
#pragma warning disable VSTHRD002, VSTHRD104 // It has completed.
            || time.GetElapsedTime(entry.Answer.Result.Since) >= entry.Answer.Result.Answer.TimeToLive);
#pragma warning restore VSTHRD002, VSTHRD104

    private sealed record Entry(Task<Known> Answer, long Asked);

    private sealed record Known(NameAnswer Answer, long Since);
}
