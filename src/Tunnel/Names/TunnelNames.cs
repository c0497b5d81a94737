using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel.Names;

/// <summary>
/// Asks resolvers behind the tunnel, one after the other, for A and AAAA at once: over UDP, and over TCP what does not
/// fit. A name is searched for in domains as with <c>ndots:1</c> in resolv.conf(5). Nothing of it leaves the tunnel.
/// </summary>
internal sealed class TunnelNames
{
    // Datagrams get lost, and the first one may wait for a handshake.
    private const int Rounds = 2;

    // This includes TCP, where an answer does not fit a datagram.
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(5);

    // Once the first family has addresses, the second has this long, or as long again as that took (RFC 8305 §3).
    private static readonly TimeSpan ResolutionDelay = TimeSpan.FromMilliseconds(50);

    // After this a family without an answer is asked for again.
    private static readonly TimeSpan LifeOfHalf = TimeSpan.FromSeconds(30);

    // RFC 8767 §4 caps TTLs at days; a second is the least that a cache can keep.
    private static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(1);

    private readonly TimeSpan _patience;
    private readonly List<DnsServer> _servers;
    private readonly DnsRecordType[] _types;
    private readonly IReadOnlyList<string> _domains;

    /// <summary>Asks for the families that we have addresses of, those of the first one first.</summary>
    public TunnelNames(
        TunnelNetwork tunnel,
        IReadOnlyList<IPAddress> servers,
        IReadOnlyList<IPAddress> ours,
        TimeSpan? patience = null,
        IReadOnlyList<string>? searchDomains = null)
    {
        _domains = searchDomains ?? [];
        _patience = patience ?? DefaultPatience;
        _types = [.. ours.Select(TypeOf).Distinct()];
        _servers = [.. servers.Select(server => new DnsServer(tunnel, server, _patience / 2))];
    }

    public async Task<NameAnswer> LookupAsync(string host)
    {
        foreach (var candidate in Candidates(host))
        {
            if (!DnsName.TryEncode(candidate, out var name))
            {
                continue;
            }

            var (answer, isHeard) = await AskAsync(name).ConfigureAwait(false);
            if (answer?.Addresses.Count > 0)
            {
                return answer;
            }

            if (!isHeard)
            {
                break; // Otherwise each domain would take as long
            }
        }

        return NameAnswer.None;
    }

    private IEnumerable<string> Candidates(string host)
    {
        // A dot at the end says that the name is whole.
        var searched = host.EndsWith('.') ? [] : _domains.Select(domain => $"{host}.{domain}");
        return host.Contains('.') ? searched.Prepend(host) : searched.Append(host);
    }

    /// <summary>The first answer that says something about a name, and whether there was any other.</summary>
    private async Task<(NameAnswer? Answer, bool IsHeard)> AskAsync(byte[] name)
    {
        var isHeard = false;
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var server in _servers)
            {
                var answers = await AskAsync(server, name).ConfigureAwait(false);
                isHeard |= answers.Any(answer => answer is not null);
                if (Understand(answers) is { } answer)
                {
                    return (answer, true);
                }
            }
        }

        return (null, isHeard);
    }

    private static DnsRecordType TypeOf(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? DnsRecordType.Aaaa : DnsRecordType.A;

    /// <summary>Asks for all types at once; null where nothing came.</summary>
    private async Task<DnsAnswer?[]> AskAsync(DnsServer server, byte[] name)
    {
        using var patience = new CancellationTokenSource(_patience);
        var started = Stopwatch.GetTimestamp();
        var asking = _types.Select(type => server.AskAsync(DnsQuestion.Create(name, type), patience.Token)).ToList();
        await foreach (var asked in Task.WhenEach(asking).ConfigureAwait(false))
        {
            if (await asked.ConfigureAwait(false) is { Addresses.Count: > 0 })
            {
                var elapsed = Stopwatch.GetElapsedTime(started);
                patience.CancelAfter(elapsed > ResolutionDelay ? elapsed : ResolutionDelay);
            }
        }

        return await Task.WhenAll(asking).ConfigureAwait(false);
    }

    /// <summary>Null where another server should be asked.</summary>
    private static NameAnswer? Understand(DnsAnswer?[] all)
    {
        DnsAnswer[] answers = [.. all.OfType<DnsAnswer>().Where(answer => answer.IsOfName)];
        var isWhole = answers.Length == all.Length;
        var addresses = answers.SelectMany(answer => answer.Addresses).Distinct().ToList();
        if (addresses.Count == 0)
        {
            return isWhole ? NameAnswer.None : null;
        }

        // The shortest life in the whole chain of aliases counts.
        var life = answers.Min(answer => answer.TimeToLive);
        var longest = isWhole ? LongestLife : LifeOfHalf;
        return new NameAnswer(addresses, life < ShortestLife ? ShortestLife : life > longest ? longest : life);
    }
}
