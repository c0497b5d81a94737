using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Onetun.NetStack;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Names;
using Onetun.Tunnel.Text;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class UdpForwardTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly List<UdpForward> _forwards = [];
    private TunnelPair _pair = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _pair = await TunnelPair.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var forward in _forwards)
        {
            await forward.DisposeAsync();
        }

        await _pair.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1392)]
    [InlineData(9000)]
    [InlineData(65507)]
    public async Task A_datagram_goes_there_and_back_in_one_piece(int length)
    {
        await using var listener = _pair.Theirs.ListenUdp(5353);
        var forward = Start(5353);
        using var client = Client();
        var datagram = new byte[length];
        new Random(length).NextBytes(datagram);
        await client.SendToAsync(datagram, forward.Source, Cancellation);

        await using var flow = await listener.AcceptOneAsync(Cancellation);
        Assert.Equal(datagram, await ReadAsync(flow));
        flow.Send(datagram);
        var answer = await ReceiveAsync(client);
        Assert.Equal(datagram, answer.Datagram);
        Assert.Equal(forward.Source, answer.From);
    }

    [Fact]
    public async Task Each_client_has_a_port_of_its_own_and_gets_its_own_answers()
    {
        await using var listener = _pair.Theirs.ListenUdp(5353);
        var forward = Start(5353);
        using var one = Client();
        using var two = Client();
        await one.SendToAsync("one"u8.ToArray(), forward.Source, Cancellation);
        await using var flowOne = await listener.AcceptOneAsync(Cancellation);
        await two.SendToAsync("two"u8.ToArray(), forward.Source, Cancellation);
        await using var flowTwo = await listener.AcceptOneAsync(Cancellation);
        Assert.NotEqual(flowOne.RemoteEndPoint, flowTwo.RemoteEndPoint);

        flowTwo.Send("for two"u8);
        flowOne.Send("for one"u8);
        Assert.Equal("for one", Encoding.ASCII.GetString((await ReceiveAsync(one)).Datagram));
        Assert.Equal("for two", Encoding.ASCII.GetString((await ReceiveAsync(two)).Datagram));
        Assert.Equal(2, forward.FlowCount);
    }

    // The original answers from every forward whose port pool holds the number.
    [Fact]
    public async Task One_client_of_two_forwards_to_the_same_port_gets_each_answer_from_the_right_one()
    {
        await using var listener = _pair.Theirs.ListenUdp(5353);
        var (first, second) = (Start(5353), Start(5353));
        using var client = Client();
        await client.SendToAsync("1"u8.ToArray(), first.Source, Cancellation);
        await using var flowFirst = await listener.AcceptOneAsync(Cancellation);
        await client.SendToAsync("2"u8.ToArray(), second.Source, Cancellation);
        await using var flowSecond = await listener.AcceptOneAsync(Cancellation);

        flowSecond.Send("second"u8);
        var answer = await ReceiveAsync(client);
        Assert.Equal(("second", second.Source), (Encoding.ASCII.GetString(answer.Datagram), answer.From));
        flowFirst.Send("first"u8);
        answer = await ReceiveAsync(client);
        Assert.Equal(("first", first.Source), (Encoding.ASCII.GetString(answer.Datagram), answer.From));
    }

    [Fact]
    public async Task Only_the_addressed_destination_answers()
    {
        await using var listener = _pair.Theirs.ListenUdp(5353);
        var forward = Start(5353);
        using var client = Client();
        await client.SendToAsync("question"u8.ToArray(), forward.Source, Cancellation);
        await using var flow = await listener.AcceptOneAsync(Cancellation);
        await using var stranger = _pair.Theirs.ConnectUdp(flow.RemoteEndPoint);
        stranger.Send("from another port"u8);
        flow.Send("answer"u8);
        Assert.Equal("answer", Encoding.ASCII.GetString((await ReceiveAsync(client)).Datagram));
    }

    // A socket that is connected, as most clients' are, takes nothing from elsewhere.
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public async Task Of_a_forward_on_all_addresses_the_one_that_was_asked_answers(string everywhere)
    {
        SkipUnlessThereAreSeveralAddresses();
        await using var listener = _pair.Theirs.ListenUdp(5353);
        var forward = Start(5353, everywhere);
        using var client = Client();
        await client.ConnectAsync(At("127.0.0.2", forward), Cancellation);
        await client.SendAsync("question"u8.ToArray(), Cancellation);
        await using var flow = await listener.AcceptOneAsync(Cancellation);
        for (var i = 0; i < 3; i++)
        {
            flow.Send("answer"u8);
            Assert.Equal("answer", Encoding.ASCII.GetString((await ReceiveAsync(client)).Datagram));
        }
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public async Task A_client_that_asks_two_addresses_gets_each_answer_from_the_right_one(string everywhere)
    {
        SkipUnlessThereAreSeveralAddresses();
        await using var listener = _pair.Theirs.ListenUdp(5353);
        var forward = Start(5353, everywhere);
        using var client = Client();
        await client.SendToAsync("2"u8.ToArray(), At("127.0.0.2", forward), Cancellation);
        await using var second = await listener.AcceptOneAsync(Cancellation).WaitAsync(Patience, Cancellation);
        await client.SendToAsync("3"u8.ToArray(), At("127.0.0.3", forward), Cancellation);
        await using var third = await listener.AcceptOneAsync(Cancellation).WaitAsync(Patience, Cancellation);

        third.Send("of the third"u8);
        var answer = await ReceiveAsync(client);
        Assert.Equal(("of the third", At("127.0.0.3", forward)), (Encoding.ASCII.GetString(answer.Datagram), answer.From));
        second.Send("of the second"u8);
        answer = await ReceiveAsync(client);
        Assert.Equal(("of the second", At("127.0.0.2", forward)), (Encoding.ASCII.GetString(answer.Datagram), answer.From));
    }

    // Nothing can leave from such an address: the system chooses one, as for a socket that does not say.
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public async Task A_client_that_asks_by_broadcast_is_answered(string everywhere)
    {
        SkipUnlessThereAreSeveralAddresses();
        await using var listener = _pair.Theirs.ListenUdp(5353);
        var forward = Start(5353, everywhere);
        using var client = Client();
        client.EnableBroadcast = true;
        await client.SendToAsync("question"u8.ToArray(), At("127.255.255.255", forward), Cancellation);
        await using var flow = await listener.AcceptOneAsync(Cancellation);
        flow.Send("answer"u8);
        var answer = await ReceiveAsync(client);
        Assert.Equal(("answer", At("127.0.0.1", forward)), (Encoding.ASCII.GetString(answer.Datagram), answer.From));
    }

    [Fact]
    public async Task A_silent_flow_gives_up_its_port_and_a_later_datagram_takes_another()
    {
        await using var listener = _pair.Theirs.ListenUdp(5353);
        var forward = Start(5353);
        using var client = Client();
        await client.SendToAsync("1"u8.ToArray(), forward.Source, Cancellation);
        await using var before = await listener.AcceptOneAsync(Cancellation);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(1, forward.FlowCount);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, forward.FlowCount);

        await client.SendToAsync("2"u8.ToArray(), forward.Source, Cancellation);
        await using var after = await listener.AcceptOneAsync(Cancellation);
        Assert.NotEqual(before.RemoteEndPoint, after.RemoteEndPoint);
    }

    [Fact]
    public async Task An_unreachable_port_leaves_the_flow_to_try_again()
    {
        var forward = Start(5353);
        using var client = Client();
        await client.SendToAsync("lost"u8.ToArray(), forward.Source, Cancellation);
        await using var listener = _pair.Theirs.ListenUdp(5353);
        await client.SendToAsync("found"u8.ToArray(), forward.Source, Cancellation);
        await using var flow = await listener.AcceptOneAsync(Cancellation);
        flow.Send("answer"u8);
        Assert.Equal("answer", Encoding.ASCII.GetString((await ReceiveAsync(client)).Datagram));
    }

    [Fact]
    public async Task A_client_that_waits_for_a_name_holds_no_other_up()
    {
        var asked = 0;
        var never = new TaskCompletionSource<NameAnswer>();
        var names = new NameCache(
            _ => Interlocked.Increment(ref asked) == 1
                ? Task.FromResult(new NameAnswer([TunnelPair.TheirAddress], TimeSpan.FromSeconds(1)))
                : never.Task,
            _time);
        await using var listener = _pair.Theirs.ListenUdp(5353);
        var forward = new UdpForward(
            new IPEndPoint(IPAddress.Loopback, 0), new NamedEndPoint("ntp.internal", 5353), new UdpLimits(), NullLogger.Instance, _time);
        _forwards.Add(forward);
        forward.Start(new TunnelDialer(_pair.Ours, [TunnelPair.OurAddress], names));
        using var first = Client();
        await first.SendToAsync("1"u8.ToArray(), forward.Source, Cancellation);
        await using var flow = await listener.AcceptOneAsync(Cancellation);
        Assert.Equal("1"u8.ToArray(), await ReadAsync(flow));

        _time.Advance(TimeSpan.FromSeconds(2));
        using var second = Client();
        await second.SendToAsync("waits"u8.ToArray(), forward.Source, Cancellation);
        await first.SendToAsync("2"u8.ToArray(), forward.Source, Cancellation);
        Assert.Equal("2"u8.ToArray(), await ReadAsync(flow));

        never.SetResult(new NameAnswer([TunnelPair.TheirAddress], TimeSpan.FromSeconds(1)));
        await using var late = await listener.AcceptOneAsync(Cancellation);
        Assert.Equal("waits"u8.ToArray(), await ReadAsync(late));
    }

    private static Socket Client()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return client;
    }

    private static async Task<byte[]> ReadAsync(UdpSocket flow)
    {
        var read = await flow.Input.ReadAsync(Cancellation);
        var datagram = System.Buffers.BuffersExtensions.ToArray(read.Buffer);
        flow.Input.AdvanceTo(read.Buffer.End);
        return datagram;
    }

    private static async Task<(byte[] Datagram, IPEndPoint From)> ReceiveAsync(Socket client)
    {
        var buffer = new byte[65535];
        var received = await client.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), Cancellation)
            .AsTask().WaitAsync(Patience, Cancellation);
        return (buffer[..received.ReceivedBytes], (IPEndPoint)received.RemoteEndPoint);
    }

    private static void SkipUnlessThereAreSeveralAddresses()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has all of 127.0.0.0/8.");
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
    }

    private static IPEndPoint At(string address, UdpForward forward) =>
        new(IPAddress.Parse(address), ((IPEndPoint)forward.Source).Port);

    private UdpForward Start(int port, string address = "127.0.0.1")
    {
        var forward = new UdpForward(
            new IPEndPoint(IPAddress.Parse(address), 0), new IPEndPoint(TunnelPair.TheirAddress, port), new UdpLimits(), NullLogger.Instance, _time);
        forward.Start(_pair.Dialer);
        _forwards.Add(forward);
        return forward;
    }
}
