using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ARSoft.Tools.Net;
using ARSoft.Tools.Net.Dns;

namespace Onetun.Tunnel.Names;

/// <summary>
/// Asks resolvers behind the tunnel, one after the other, for A and AAAA at once: over UDP, and over TCP what does not
/// fit. A name is searched for in domains as with <c>ndots:1</c> in resolv.conf(5). Nothing of it leaves the tunnel.
/// </summary>
internal sealed class TunnelNames : IDisposable
{
    // Datagrams get lost, and the first one may wait for a handshake.
    private const int Rounds = 2;

    // This includes TCP, where an answer does not fit a datagram.
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(5);

    // Once the first family has addresses, the second has this long, or as long again as that took (RFC 8305 §3).
    private static readonly TimeSpan ResolutionDelay = TimeSpan.FromMilliseconds(50);

    // After this a family without an answer is asked for again.
    private static readonly TimeSpan LifeOfHalf = TimeSpan.FromSeconds(30);

    // RFC 6891 §7: some servers refuse or drop a question with EDNS. What does not fit 512 bytes is asked for over TCP.
    private static readonly DnsQueryOptions Plain = new() { IsRecursionDesired = true, IsEDnsEnabled = false };

    // RFC 8767 §4 caps TTLs at days; a second is the least that a cache can keep.
    private static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(1);

    private readonly TimeSpan _patience;
    private readonly List<DnsClient> _servers;
    private readonly RecordType[] _types;
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
        _servers = [.. servers.Select(server => new DnsClient(
            [server], [new DnsOverUdp(tunnel, _patience / 2), new DnsOverTcp(tunnel)], true, (int)_patience.TotalMilliseconds))];
    }

    public async Task<NameAnswer> LookupAsync(string host)
    {
        if (!SslLibrary.IsThere)
        {
            return NameAnswer.None; // As the start has warned
        }

        foreach (var candidate in Candidates(host))
        {
            if (!TryParse(candidate, out var name))
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
    private async Task<(NameAnswer? Answer, bool IsHeard)> AskAsync(DomainName name)
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

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var server in _servers)
        {
            ((IDisposable)server).Dispose();
        }
    }

    private static RecordType TypeOf(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? RecordType.Aaaa : RecordType.A;

    private static bool TryParse(string host, out DomainName name)
    {
        name = DomainName.Root;
        try
        {
            // A name is asked for in ASCII (RFC 5891 §4.4).
            return DomainName.TryParse(new IdnMapping().GetAscii(host), out name!);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Asks for all types at once; null where nothing came.</summary>
    private async Task<DnsMessage?[]> AskAsync(DnsClient server, DomainName name)
    {
        using var patience = new CancellationTokenSource(_patience);
        var started = Stopwatch.GetTimestamp();
        var asking = _types.Select(type => AskAsync(server, name, type, patience.Token)).ToList();
        await foreach (var asked in Task.WhenEach(asking).ConfigureAwait(false))
        {
            if (AddressesOf(await asked.ConfigureAwait(false)).Any())
            {
                var elapsed = Stopwatch.GetElapsedTime(started);
                patience.CancelAfter(elapsed > ResolutionDelay ? elapsed : ResolutionDelay);
            }
        }

        return await Task.WhenAll(asking).ConfigureAwait(false);
    }

    private static async Task<DnsMessage?> AskAsync(
        DnsClient server, DomainName name, RecordType type, CancellationToken cancellationToken)
    {
        try
        {
            return await server.ResolveAsync(name, type, RecordClass.INet, Plain, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever the library makes of what a server sends is the lack of an answer.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    /// <summary>Null where another server should be asked.</summary>
    private static NameAnswer? Understand(DnsMessage?[] all)
    {
        DnsMessage?[] answers =
            [.. all.Select(answer => answer?.ReturnCode is ReturnCode.NoError or ReturnCode.NxDomain ? answer : null)];
        var addresses = answers.SelectMany(AddressesOf).Distinct().ToList();
        if (addresses.Count == 0)
        {
            return answers.Contains(null) ? null : NameAnswer.None;
        }

        // The shortest life in the whole chain of aliases counts.
        var seconds = answers.SelectMany(answer => answer?.AnswerRecords ?? []).Min(record => record.TimeToLive);
        var life = TimeSpan.FromSeconds(seconds);
        var longest = answers.Contains(null) ? LifeOfHalf : LongestLife;
        return new NameAnswer(addresses, life < ShortestLife ? ShortestLife : life > longest ? longest : life);
    }

    private static IEnumerable<IPAddress> AddressesOf(DnsMessage? answer) =>
        answer?.AnswerRecords.OfType<AddressRecordBase>().Select(record => record.Address) ?? [];
}
