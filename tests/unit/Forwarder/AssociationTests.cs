using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Proxies;
using Onetun.NetStack;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Names;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>UDP ASSOCIATE (RFC 1928 §7).</summary>
public sealed class AssociationTests : IAsyncLifetime
{
    private const string Server = "192.168.4.2";

    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource<NameAnswer> _slow = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Socket _client = Bind(IPAddress.Loopback);
    private TunnelPair _pair = null!;
    private Proxy _proxy = null!;
    private SocketListener<UdpSocket> _listener = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static NameAnswer Answer { get; } = new([TunnelPair.TheirAddress], TimeSpan.FromMinutes(1));

    public async ValueTask InitializeAsync()
    {
        _pair = await TunnelPair.StartAsync();
        _listener = _pair.Theirs.ListenUdp(5353);
        var names = new NameCache(
            name => name switch
            {
                "slow.internal" => _slow.Task,
                "dns.internal" => Task.FromResult(Answer),
                _ => Task.FromResult(NameAnswer.None),
            },
            _time);
        _proxy = new Proxy(
            new IPEndPoint(IPAddress.Loopback, 0), [new Socks5(null)], new TcpLimits(), new UdpLimits(), NullLogger.Instance, _time);
        _proxy.Start(new TunnelDialer(_pair.Ours, [TunnelPair.OurAddress], names));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _proxy.DisposeAsync();
        await _listener.DisposeAsync();
        await _pair.DisposeAsync();
    }

    [Theory]
    [InlineData(Server)]
    [InlineData("dns.internal")]
    public async Task A_datagram_goes_to_the_address_or_name_in_its_header_and_the_answer_has_one_too(string host)
    {
        using var association = await AssociateAsync();
        await SendAsync(association, host, 5353, "question");
        await using var flow = await AcceptAsync("question");
        flow.Send("answer"u8);
        // 5353
        Assert.Equal([0, 0, 0, 1, 192, 168, 4, 2, 0x14, 0xE9, .. "answer"u8], await ReceiveAsync(association));
        flow.Send(new byte[9000]);
        Assert.Equal(9010, (await ReceiveAsync(association)).Length);
        Assert.Equal((1, 8, 9006), (_proxy.Traffic.Started, _proxy.Traffic.BytesUp, _proxy.Traffic.BytesDown));
    }

    [Fact]
    public async Task Datagrams_that_come_together_go_each_to_its_own_destination_in_order_and_so_do_the_answers()
    {
        await using var other = _pair.Theirs.ListenUdp(5354);
        using var association = await AssociateAsync();
        await SendAsync(association, Server, 5353, "0");
        await SendAsync(association, Server, 5354, "0");
        await using var one = await AcceptAsync("0");
        await using var two = await other.AcceptOneAsync(Cancellation);
        Assert.Equal("0", await ReadAsync(two));
        for (var i = 1; i <= 50; i++)
        {
            await SendAsync(association, Server, i % 2 == 0 ? 5353 : 5354, $"{i}");
        }

        for (var i = 1; i <= 50; i++)
        {
            Assert.Equal($"{i}", await ReadAsync(i % 2 == 0 ? one : two));
        }

        for (var i = 1; i <= 50; i++)
        {
            one.Send(new byte[i]);
        }

        for (var i = 1; i <= 50; i++)
        {
            Assert.Equal(10 + i, (await ReceiveAsync(association)).Length);
        }
    }

    [Fact]
    public async Task Each_destination_has_a_flow_of_its_own_and_its_answers_say_where_they_are_from()
    {
        await using var other = _pair.Theirs.ListenUdp(5354);
        using var association = await AssociateAsync();
        await SendAsync(association, Server, 5353, "one");
        await SendAsync(association, Server, 5354, "two");
        await using var one = await AcceptAsync("one");
        await using var two = await other.AcceptOneAsync(Cancellation);
        Assert.NotEqual(one.RemoteEndPoint, two.RemoteEndPoint);
        two.Send("2"u8);
        Assert.Equal([0x14, 0xEA, (byte)'2'], (await ReceiveAsync(association))[^3..]);
        one.Send("1"u8);
        Assert.Equal([0x14, 0xE9, (byte)'1'], (await ReceiveAsync(association))[^3..]);
    }

    [Fact]
    public async Task Datagrams_from_another_address_are_nobodys()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "One loopback address only.");
        using var association = await AssociateAsync();
        using var stranger = Bind(IPAddress.Parse("127.0.0.2"));
        await SendAsync(association, Server, 5353, "stranger", stranger);
        await SendAsync(association, Server, 5353, "client");
        await using var flow = await AcceptAsync("client");
    }

    [Fact]
    public async Task Datagrams_from_another_port_than_was_told_are_nobodys()
    {
        using var association = await AssociateAsync(((IPEndPoint)_client.LocalEndPoint!).Port);
        using var stranger = Bind(IPAddress.Loopback);
        await SendAsync(association, Server, 5353, "stranger", stranger);
        await SendAsync(association, Server, 5353, "client");
        await using var flow = await AcceptAsync("client");
    }

    [Fact]
    public async Task Datagrams_from_another_port_than_the_first_are_nobodys()
    {
        using var association = await AssociateAsync();
        using var stranger = Bind(IPAddress.Loopback);
        await SendAsync(association, Server, 5353, "first");
        await SendAsync(association, Server, 5353, "stranger", stranger);
        await SendAsync(association, Server, 5353, "second");
        await using var flow = await AcceptAsync("first");
        Assert.Equal("second", await ReadAsync(flow));
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(6, true)]
    public async Task With_a_password_the_first_datagram_must_come_within_5_s(int seconds, bool isTooLate)
    {
        await using var proxy = StartWithPassword();
        using var association = await AssociateAsync(at: proxy);
        _time.Advance(TimeSpan.FromSeconds(seconds));
        await SendAsync(association, Server, 5353, "first");
        if (isTooLate)
        {
            using var told = await AssociateAsync(((IPEndPoint)_client.LocalEndPoint!).Port, proxy);
            await SendAsync(told, Server, 5353, "second");
            await using var other = await AcceptAsync("second");
        }
        else
        {
            await using var flow = await AcceptAsync("first");
        }
    }

    [Fact]
    public async Task With_a_password_a_client_that_told_its_port_may_take_its_time()
    {
        await using var proxy = StartWithPassword();
        using var association = await AssociateAsync(((IPEndPoint)_client.LocalEndPoint!).Port, proxy);
        _time.Advance(TimeSpan.FromMinutes(1));
        using var stranger = Bind(IPAddress.Loopback);
        await SendAsync(association, Server, 5353, "stranger", stranger);
        await SendAsync(association, Server, 5353, "client");
        await using var flow = await AcceptAsync("client");
    }

    [Theory]
    [InlineData("")]
    [InlineData("00 00 00")]
    [InlineData("00 00 00 01 C0 A8 04 02 14")]
    // A fragment, an unknown type of address
    [InlineData("00 00 01 01 C0 A8 04 02 14 E9 21")]
    [InlineData("00 00 00 05 C0 A8 04 02 14 E9 21")]
    // Names: cut off, empty, with a line's end, without address
    [InlineData("00 00 00 03 FF 61 14 E9 21")]
    [InlineData("00 00 00 03 00 14 E9 21")]
    [InlineData("00 00 00 03 02 61 0A 14 E9 21")]
    [InlineData("00 00 00 03 01 61 14 E9 21")]
    // No port, no address, all addresses, an address of a family that we have none of
    [InlineData("00 00 00 01 C0 A8 04 02 00 00 21")]
    [InlineData("00 00 00 01 00 00 00 00 14 E9 21")]
    [InlineData("00 00 00 01 FF FF FF FF 14 E9 21")]
    [InlineData("00 00 00 04 FD 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 14 E9 21")]
    public async Task A_datagram_that_goes_nowhere_is_dropped_and_others_go_on(string datagram)
    {
        using var association = await AssociateAsync();
        await _client.SendToAsync(Convert.FromHexString(datagram.Replace(" ", "")), association.Relay, Cancellation);
        await SendAsync(association, Server, 5353, "right");
        await using var flow = await AcceptAsync("right");
    }

    [Fact]
    public async Task A_name_that_takes_long_holds_nobody_else_up_and_its_datagrams_wait()
    {
        using var association = await AssociateAsync();
        await SendAsync(association, "slow.internal", 5353, "one");
        await SendAsync(association, "slow.internal", 5353, "two");
        await SendAsync(association, Server, 5353, "fast");
        await using var fast = await AcceptAsync("fast");
        _slow.SetResult(Answer);
        await using var slow = await AcceptAsync("one");
        Assert.Equal("two", await ReadAsync(slow));
    }

    [Fact]
    public async Task The_end_of_the_connection_ends_the_flows()
    {
        using var association = await AssociateAsync();
        await SendAsync(association, "slow.internal", 5353, "waits");
        await SendAsync(association, Server, 5353, "flows");
        await using var flow = await AcceptAsync("flows");
        association.Control.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await association.Control.ReceiveAsync(new byte[1], Cancellation));
        Assert.Equal((1, 0), (_proxy.Traffic.Started, _proxy.Traffic.Open));
    }

    [Fact]
    public async Task The_end_of_the_proxy_does_not_wait_for_associations()
    {
        using var association = await AssociateAsync();
        await SendAsync(association, Server, 5353, "flows");
        await using var flow = await AcceptAsync("flows");
        await _proxy.StopAsync(CancellationToken.None);
        Assert.Equal(0, _proxy.Traffic.Open);
    }

    [Fact]
    public async Task A_silent_flow_gives_up_its_port()
    {
        using var association = await AssociateAsync();
        await SendAsync(association, Server, 5353, "before");
        await using var before = await AcceptAsync("before");
        _time.Advance(TimeSpan.FromSeconds(60));
        await SendAsync(association, Server, 5353, "after");
        await using var after = await AcceptAsync("after");
        Assert.NotEqual(before.RemoteEndPoint, after.RemoteEndPoint);
    }

    [Fact]
    public async Task The_257th_destination_takes_the_place_of_the_most_silent()
    {
        using var association = await AssociateAsync();
        await SendAsync(association, Server, 5353, "before");
        await using var before = await AcceptAsync("before");
        _time.Advance(TimeSpan.FromSeconds(1));
        for (var port = 1; port <= 256; port++)
        {
            await SendAsync(association, Server, port, "x");
        }

        await SendAsync(association, Server, 5353, "after");
        await using var after = await AcceptAsync("after");
        Assert.NotEqual(before.RemoteEndPoint, after.RemoteEndPoint);
    }

    [Theory]
    [InlineData("01 C0 A8 04 02 14 E9", "192.168.4.2:5353")]
    [InlineData("04 FD 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 50", "[fd00::1]:80")]
    [InlineData("03 03 61 2E 62 FF FF", "a.b:65535")]
    [InlineData("03 07 66 64 30 30 3A 3A 31 00 50", "[fd00::1]:80")]
    public void An_address_is_read_as_RFC_1928_writes_it(string bytes, string expected)
    {
        var address = Convert.FromHexString(bytes.Replace(" ", ""));
        Assert.Equal(address.Length, SocksAddress.LengthOf(address[0], address[1]));
        var read = SocksAddress.Read(address);
        Assert.Equal(expected, read?.ToString());
        Assert.True(address[0] == 3 || SocksAddress.Write((IPEndPoint)read!).SequenceEqual(address));
    }

    [Theory]
    [InlineData("03 00 00 50")]
    [InlineData("03 03 61 0A 62 00 50")]
    [InlineData("03 03 61 20 62 00 50")]
    [InlineData("03 03 61 1B 62 00 50")]
    [InlineData("03 03 61 9B 62 00 50")]
    public void A_name_that_no_host_has_is_not_even_asked_for(string bytes) =>
        Assert.Null(SocksAddress.Read(Convert.FromHexString(bytes.Replace(" ", ""))));

    private static Socket Bind(IPAddress address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    private static async Task<string> ReadAsync(UdpSocket flow)
    {
        var read = await flow.Input.ReadAsync(Cancellation);
        var text = Encoding.ASCII.GetString(read.Buffer);
        flow.Input.AdvanceTo(read.Buffer.End);
        return text;
    }

    private async Task<UdpSocket> AcceptAsync(string expected)
    {
        var flow = await _listener.AcceptOneAsync(Cancellation);
        Assert.Equal(expected, await ReadAsync(flow));
        return flow;
    }

    private Proxy StartWithPassword()
    {
        var proxy = new Proxy(
            new IPEndPoint(IPAddress.Loopback, 0), [new Socks5(new ProxyCredentials("u", "p"))], new TcpLimits(), new UdpLimits(), NullLogger.Instance, _time);
        proxy.Start(_pair.Dialer);
        return proxy;
    }

    private async Task<Association> AssociateAsync(int port = 0, Proxy? at = null)
    {
        var control = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await control.ConnectAsync((at ?? _proxy).Source, Cancellation);
        // VER NMETHODS METHODS, with a password the one that asks for it, and RFC 1929 §2
        byte[] hello = at is null ? [5, 1, 0] : [5, 1, 2, 1, 1, (byte)'u', 1, (byte)'p'];
        byte[] request = [.. hello, 5, 3, 0, 1, 0, 0, 0, 0, (byte)(port >> 8), (byte)port];
        await control.SendAsync(request, Cancellation);
        byte[] greeting = at is null ? [5, 0] : [5, 2, 1, 0];
        var reply = new byte[greeting.Length + 10];
        await using var stream = new NetworkStream(control, ownsSocket: false);
        await stream.ReadExactlyAsync(reply, Cancellation);
        Assert.Equal([.. greeting, 5, 0, 0, 1, 127, 0, 0, 1], reply[..^2]);
        return new Association(control, new IPEndPoint(IPAddress.Loopback, (reply[^2] << 8) | reply[^1]));
    }

    private async Task SendAsync(Association association, string host, int port, string text, Socket? from = null)
    {
        byte[] address = IPAddress.TryParse(host, out var ip)
            ? [1, .. ip.GetAddressBytes()]
            : [3, (byte)host.Length, .. Encoding.ASCII.GetBytes(host)];
        byte[] datagram = [0, 0, 0, .. address, (byte)(port >> 8), (byte)port, .. Encoding.ASCII.GetBytes(text)];
        await (from ?? _client).SendToAsync(datagram, association.Relay, Cancellation);
    }

    private async Task<byte[]> ReceiveAsync(Association association)
    {
        var buffer = new byte[65535];
        var received = await _client.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), Cancellation);
        Assert.Equal(association.Relay, received.RemoteEndPoint);
        return buffer[..received.ReceivedBytes];
    }

    private sealed record Association(Socket Control, IPEndPoint Relay) : IDisposable
    {
        public void Dispose() => Control.Dispose();
    }
}
