using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Common;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Names;
using Onetun.Tunnel.Text;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class NameTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private TunnelPair _pair = null!;
    private TestDns _dns = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _pair = await TunnelPair.StartAsync();
        _dns = new TestDns(_pair.Theirs);
    }

    public async ValueTask DisposeAsync()
    {
        await _dns.DisposeAsync();
        await _pair.DisposeAsync();
    }

    [Fact]
    public async Task A_name_is_asked_for_inside_the_tunnel_and_its_life_is_told()
    {
        _dns.Names["db.internal"] = ["192.168.4.2", "192.168.4.9", "fd00::2"];
        _dns.TimeToLive = 42;
        var names = Names(TunnelPair.TheirAddress);
        var answer = await names.LookupAsync("db.internal");
        Assert.Equal(["192.168.4.2", "192.168.4.9"], answer.Addresses.Select(address => address.ToString()));
        Assert.Equal(TimeSpan.FromSeconds(42), answer.TimeToLive);
        // Of the one family that we have an address of
        Assert.Equal(["UDP db.internal A"], _dns.Questions);
    }

    [Fact]
    public async Task Both_families_are_asked_for_and_those_of_our_first_address_come_first()
    {
        _dns.Names["db.internal"] = ["192.168.4.2", "fd00::2"];
        var names = new TunnelNames(
            _pair.Ours, [TunnelPair.TheirAddress], [IPAddress.Parse("fd00::3"), TunnelPair.OurAddress]);
        var answer = await names.LookupAsync("db.internal");
        Assert.Equal(["fd00::2", "192.168.4.2"], answer.Addresses.Select(address => address.ToString()));
        Assert.Equal(2, _dns.Questions.Count);
    }

    [Fact]
    public async Task An_answer_that_does_not_fit_a_datagram_is_asked_for_over_TCP()
    {
        _dns.Names["many.internal"] = [.. Enumerable.Range(1, 200).Select(n => $"10.0.0.{n}")];
        _dns.Truncates = true;
        var names = Names(TunnelPair.TheirAddress);
        var answer = await names.LookupAsync("many.internal");
        Assert.Equal(200, answer.Addresses.Count);
        Assert.Equal(["UDP", "TCP"], _dns.Questions.Select(question => question[..3]));
    }

    [Fact]
    public async Task A_family_that_is_never_answered_for_does_not_hold_up_the_other()
    {
        _dns.Names["db.internal"] = ["192.168.4.2"];
        _dns.DeafTo = "AAAA";
        _dns.TimeToLive = 3600;
        var names = new TunnelNames(
            _pair.Ours, [TunnelPair.TheirAddress], [TunnelPair.OurAddress, IPAddress.Parse("fd00::3")], TimeSpan.FromMinutes(5));
        var answer = await names.LookupAsync("db.internal").WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.Equal("192.168.4.2", Assert.Single(answer.Addresses).ToString());
        // And is asked for again before long
        Assert.Equal(TimeSpan.FromSeconds(30), answer.TimeToLive);
    }

    [Fact]
    public async Task A_server_without_EDNS_knows_its_names_all_the_same()
    {
        _dns.Names["db.internal"] = ["192.168.4.2"];
        _dns.RefusesEDns = true;
        var names = Names(TunnelPair.TheirAddress);
        Assert.Single((await names.LookupAsync("db.internal")).Addresses);
    }

    [Fact]
    public async Task Answers_to_other_questions_and_what_is_not_a_message_are_passed_over()
    {
        _dns.Names["db.internal"] = ["192.168.4.2"];
        _dns.IsSpoofed = true;
        var names = Names(TunnelPair.TheirAddress);
        Assert.Single((await names.LookupAsync("db.internal")).Addresses);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_makes_room_for_the_next()
    {
        _dns.Names["db.internal"] = ["192.168.4.2"];
        var names = new TunnelNames(
            _pair.Ours, [IPAddress.Parse("192.168.4.77"), TunnelPair.TheirAddress], [TunnelPair.OurAddress], TimeSpan.FromSeconds(0.5));
        Assert.Single((await names.LookupAsync("db.internal")).Addresses);
    }

    [Theory]
    [InlineData("nowhere.internal")]
    [InlineData("..")]
    [InlineData("a b")]
    public async Task A_name_that_is_not_known_has_no_addresses_for_a_while(string name)
    {
        var names = Names(TunnelPair.TheirAddress);
        Assert.Same(NameAnswer.None, await names.LookupAsync(name));
    }

    [Fact]
    public async Task A_connection_by_name_goes_through_the_tunnel_to_the_address_it_has_now()
    {
        _dns.Names["db.internal"] = ["192.168.4.2"];
        var names = Names(TunnelPair.TheirAddress);
        var dialer = new TunnelDialer(_pair.Ours, [TunnelPair.OurAddress], new NameCache(names.LookupAsync, _time));
        await using var listener = _pair.Theirs.ListenTcp(5432);
        await using var client = await dialer.ConnectTcpAsync(new NamedEndPoint("db.internal", 5432), Cancellation);
        await using var server = await listener.AcceptOneAsync(Cancellation);
        Assert.Equal(5432, server.LocalEndPoint.Port);
    }

    [Fact]
    public async Task A_name_is_asked_for_again_when_its_life_has_ended_and_not_before()
    {
        var asked = 0;
        var cache = new NameCache(
            _ => Task.FromResult(new NameAnswer([new IPAddress([10, 0, 0, (byte)++asked])], TimeSpan.FromSeconds(30))), _time);
        Assert.Equal("10.0.0.1", (await cache.FindAsync("db.internal", Cancellation))[0].ToString());
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal("10.0.0.1", (await cache.FindAsync("DB.internal", Cancellation))[0].ToString());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("10.0.0.2", (await cache.FindAsync("db.internal", Cancellation))[0].ToString());
    }

    [Fact]
    public async Task The_life_of_a_name_begins_with_its_answer()
    {
        var asked = 0;
        var answer = new TaskCompletionSource<NameAnswer>();
        var cache = new NameCache(
            _ =>
            {
                asked++;
                return answer.Task;
            },
            _time);
        var finding = cache.FindAsync("db.internal", Cancellation);
        _time.Advance(TimeSpan.FromSeconds(10));
        answer.SetResult(new NameAnswer([IPAddress.Loopback], TimeSpan.FromSeconds(30)));
        await finding;
        _time.Advance(TimeSpan.FromSeconds(29));
        await cache.FindAsync("db.internal", Cancellation);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task The_system_is_asked_for_so_many_names_at_once_and_no_more()
    {
        var asked = 0;
        var answer = new TaskCompletionSource<IPAddress[]>();
        var names = new SystemNames((_, _) =>
        {
            Interlocked.Increment(ref asked);
            return answer.Task;
        });
        var lookups = Enumerable.Range(0, 65).Select(n => names.LookupAsync($"host{n}")).ToList();
        Assert.InRange(Volatile.Read(ref asked), 0, 64);
        answer.SetResult([IPAddress.Loopback]);
        await Task.WhenAll(lookups);
        Assert.Equal(65, asked);
    }

    [Fact]
    public async Task Names_that_nobody_answers_for_do_not_hold_up_one_that_lives()
    {
        var never = new TaskCompletionSource<IPAddress[]>();
        var names = new SystemNames(
            (host, _) => host == "alive" ? Task.FromResult(new[] { IPAddress.Loopback }) : never.Task);
        var dead = Enumerable.Range(0, 20).Select(n => names.LookupAsync($"dead{n}")).ToList();
        var answer = await names.LookupAsync("alive").WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.Single(answer.Addresses);
        never.SetResult([]);
        await Task.WhenAll(dead);
    }

    [Fact]
    public async Task All_who_want_one_name_wait_for_one_lookup()
    {
        var asked = 0;
        var answer = new TaskCompletionSource<NameAnswer>();
        var cache = new NameCache(
            _ =>
            {
                Interlocked.Increment(ref asked);
                return answer.Task;
            },
            _time);
        var waiting = Enumerable.Range(0, 10).Select(_ => cache.FindAsync("db.internal", Cancellation)).ToList();
        answer.SetResult(new NameAnswer([IPAddress.Loopback], TimeSpan.FromSeconds(1)));
        await Task.WhenAll(waiting);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task The_cache_forgets_the_oldest_when_it_is_full()
    {
        var asked = new List<string>();
        var cache = new NameCache(
            host =>
            {
                asked.Add(host);
                return Task.FromResult(new NameAnswer([IPAddress.Loopback], TimeSpan.FromHours(1)));
            },
            _time,
            capacity: 3);
        foreach (var host in new[] { "a", "b", "c", "d", "b", "a" })
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await cache.FindAsync(host, Cancellation);
            Assert.InRange(cache.Count, 1, 3);
        }

        Assert.Equal(["a", "b", "c", "d", "a"], asked);
    }

    [Theory]
    [InlineData("192.168.4.2", 1)]
    [InlineData("127.1", 0)]
    public async Task Addresses_are_not_names_and_halves_of_them_are_nothing(string host, int count)
    {
        var cache = new NameCache(_ => throw new InvalidOperationException(), _time);
        Assert.Equal(count, (await cache.FindAsync(host, Cancellation)).Count);
    }

    [Fact]
    public async Task The_next_address_of_a_name_is_tried_where_the_first_does_not_answer()
    {
        var endPoints = new[] { new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2) };
        var port = await Attempts.FirstAsync(
            endPoints,
            (endPoint, _) => endPoint.Port == 1
                ? Task.FromException<int>(new SocketException((int)SocketError.ConnectionRefused))
                : Task.FromResult(endPoint.Port),
            Forget,
            Cancellation);
        Assert.Equal(2, port);
    }

    [Fact]
    public async Task An_address_that_is_silent_costs_a_quarter_of_a_second()
    {
        var silent = new TaskCompletionSource<int>();
        var discarded = new TaskCompletionSource<int>();
        var begun = new List<int>();
        var connecting = Attempts.FirstAsync(
            [.. Enumerable.Range(1, 3).Select(port => new IPEndPoint(IPAddress.Loopback, port))],
            (endPoint, _) =>
            {
                begun.Add(endPoint.Port);
                return endPoint.Port == 2 ? Task.FromResult(2) : silent.Task;
            },
            late =>
            {
                discarded.SetResult(late);
                return default;
            },
            Cancellation,
            _time);
        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.Equal([1], begun);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, await connecting);
        Assert.Equal([1, 2], begun);
        // And what comes too late is closed
        silent.SetResult(1);
        Assert.Equal(1, await discarded.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
    }

    [Fact]
    public async Task All_addresses_together_have_a_minute()
    {
        var connecting = Attempts.FirstAsync(
            [new IPEndPoint(IPAddress.Loopback, 1)],
            (_, cancellation) => new TaskCompletionSource<int>().Task.WaitAsync(cancellation),
            Forget,
            Cancellation,
            _time);
        _time.Advance(TimeSpan.FromSeconds(60));
        var error = await Assert.ThrowsAsync<SocketException>(() => connecting);
        Assert.Equal(SocketError.TimedOut, error.SocketErrorCode);
    }

    [Theory]
    // Resolv.conf(5), ndots:1: a name without dots is searched for first, another one as it is
    [InlineData("db", "192.168.4.2", "db.lab.example", "db.intranet.example")]
    [InlineData("web", "192.168.4.7", "web.lab.example", "web.intranet.example", "web")]
    [InlineData("db.intranet", "192.168.4.8", "db.intranet", "db.intranet.lab.example")]
    [InlineData("db.intranet.example", "192.168.4.2", "db.intranet.example")]
    [InlineData("db.", null, "db")]
    [InlineData("nowhere", null, "nowhere.lab.example", "nowhere.intranet.example", "nowhere")]
    public async Task A_name_is_searched_for_in_the_domains_inside_the_tunnel(string host, string? address, params string[] questions)
    {
        _dns.Names["db.intranet.example"] = ["192.168.4.2"];
        _dns.Names["web"] = ["192.168.4.7"];
        _dns.Names["db.intranet.lab.example"] = ["192.168.4.8"];
        var names = new TunnelNames(
            _pair.Ours, [TunnelPair.TheirAddress], [TunnelPair.OurAddress], searchDomains: ["lab.example", "intranet.example"]);
        var answer = await names.LookupAsync(host);
        Assert.Equal(address is null ? [] : [address], answer.Addresses.Select(found => found.ToString()));
        Assert.Equal(questions.Select(question => $"UDP {question} A"), _dns.Questions);
    }

    [Fact]
    public async Task Resolvers_that_say_nothing_are_not_asked_for_the_name_in_every_domain()
    {
        _dns.Deaf = int.MaxValue;
        var names = new TunnelNames(
            _pair.Ours, [TunnelPair.TheirAddress], [TunnelPair.OurAddress], TimeSpan.FromSeconds(0.2), ["lab.example", "intranet.example"]);
        Assert.Empty((await names.LookupAsync("db")).Addresses);
        Assert.Equal(["UDP db.lab.example A"], _dns.Questions.Where(question => question.StartsWith("UDP", StringComparison.Ordinal)).Distinct());
    }

    private static ValueTask Forget(int late) => default;

    private TunnelNames Names(params IPAddress[] servers) => new(_pair.Ours, servers, [TunnelPair.OurAddress]);
}
