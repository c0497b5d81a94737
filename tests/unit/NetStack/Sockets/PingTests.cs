using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack.Tests;

/// <summary>Echo requests of the application: RFC 1122 §3.2.2.6, RFC 4443 §4.2.</summary>
public sealed class PingTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly VirtualHosts _hosts = new();

    [Theory]
    [InlineData("10.0.0.1", 0)]
    [InlineData("10.0.0.1", 56)]
    [InlineData("10.0.0.1", 1420 - 28)]
    [InlineData("fd00::1", 56)]
    [InlineData("fd00::1", 1420 - 48)]
    public async Task Round_trip_is_from_the_request_to_the_reply(string address, int length)
    {
        var ping = _hosts.Client.PingAsync(IPAddress.Parse(address), Timeout, length);
        _hosts.Delay(TimeSpan.FromMilliseconds(30));
        Assert.Equal(TimeSpan.FromMilliseconds(30), await _hosts.Until(ping));
        Assert.All(_hosts.Carried, packet => Assert.Equal(length + (address.Contains(':') ? 48 : 28), packet.Length));
        Assert.Equal(2, _hosts.Carried.Count);
    }

    [Theory]
    [InlineData("10.0.0.2")]
    [InlineData("fd00::2")]
    public async Task Our_own_address_answers_and_nothing_leaves(string address)
    {
        Assert.Equal(TimeSpan.Zero, await _hosts.Until(_hosts.Client.PingAsync(IPAddress.Parse(address), Timeout)));
        Assert.Empty(_hosts.Carried);
    }

    [Fact]
    public async Task Requests_at_once_each_get_their_own_reply()
    {
        var first = _hosts.Client.PingAsync(_hosts.Server.Address, Timeout);
        _hosts.Delay(TimeSpan.FromMilliseconds(10));
        var second = _hosts.Client.PingAsync(_hosts.Server.Address, Timeout);
        _hosts.Delay(TimeSpan.FromMilliseconds(5));
        Assert.Equal(TimeSpan.FromMilliseconds(15), await _hosts.Until(first));
        Assert.Equal(TimeSpan.FromMilliseconds(5), await _hosts.Until(second));
    }

    [Fact]
    public async Task Request_that_is_not_answered_times_out_by_the_clock_of_the_stack()
    {
        _hosts.IsCut = true;
        var ping = _hosts.Client.PingAsync(_hosts.Server.Address, Timeout);
        _hosts.Advance(Timeout - TimeSpan.FromTicks(1));
        Assert.False(ping.IsCompleted);
        _hosts.Advance(TimeSpan.FromTicks(1));
        await FailsAsync(SocketError.TimedOut, ping);
        Assert.Equal(TimeSpan.MaxValue, _hosts.Client.NextTimeout);
    }

    [Fact]
    public async Task Request_without_a_limit_waits()
    {
        _hosts.IsCut = true;
        var ping = _hosts.Client.PingAsync(_hosts.Server.Address, TimeSpan.MaxValue);
        _hosts.Advance(TimeSpan.FromDays(30));
        Assert.False(ping.IsCompleted);
        _hosts.Client.AbortAll();
        await FailsAsync(SocketError.OperationAborted, ping);
    }

    [Theory]
    [InlineData(false, 3, 0, SocketError.NetworkUnreachable)]
    [InlineData(false, 3, 1, SocketError.HostUnreachable)]
    [InlineData(false, 3, 2, SocketError.ConnectionRefused)]
    [InlineData(false, 3, 4, SocketError.MessageSize)]
    [InlineData(false, 11, 0, SocketError.HostUnreachable)]
    [InlineData(true, 1, 0, SocketError.NetworkUnreachable)]
    [InlineData(true, 1, 3, SocketError.HostUnreachable)]
    [InlineData(true, 2, 0, SocketError.MessageSize)]
    public async Task Error_about_a_request_ends_the_wait(bool ipv6, byte type, byte code, SocketError error)
    {
        var (ping, request, flow) = Begin(ipv6);
        _hosts.Client.Receive(IcmpPackets.Message(flow with { Remote = Of(ipv6 ? "fd00::9" : "10.0.0.9") }, type, code, 1280, request));
        await FailsAsync(error, ping);
    }

    [Fact]
    public async Task Host_to_which_there_is_no_route_is_unreachable_at_once()
    {
        var (ping, request, _) = Begin(ipv6: false);
        _hosts.Client.CannotSend(request);
        await FailsAsync(SocketError.NetworkUnreachable, ping);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_no_reply_to_it_changes_nothing(bool ipv6)
    {
        var (ping, request, flow) = Begin(ipv6);
        var header = HeaderPrototype.IpLength(flow.Local);
        var (identifier, sequence) = ((uint)((request[header + 4] << 8) | request[header + 5]), (uint)((request[header + 6] << 8) | request[header + 7]));
        var data = request[(header + 8)..];
        var reply = ipv6 ? IcmpType.EchoReplyV6 : IcmpType.EchoReply;
        Receive(flow, identifier ^ 1, sequence, data);
        Receive(flow, identifier, sequence ^ 1, data);
        Receive(flow, identifier, sequence, data[1..]);
        Receive(flow, identifier, sequence, [.. data[..^1], 0]);
        Receive(flow with { Remote = Of(ipv6 ? "fd00::9" : "10.0.0.9") }, identifier, sequence, data);
        byte[] other = [.. request];
        other[header + 7] ^= 1;
        _hosts.Client.Receive(IcmpPackets.Message(flow, (byte)(ipv6 ? 1 : 3), 0, 0, other)); // An error about another one
        _hosts.Delay(TimeSpan.FromMilliseconds(1));
        Receive(flow, identifier, sequence, data);
        Assert.Equal(TimeSpan.FromMilliseconds(1), await _hosts.Until(ping));

        void Receive(FlowKey from, uint id, uint number, byte[] body) =>
            _hosts.Client.Receive(IcmpPackets.Message(from, reply, 0, (id << 16) | number, body));
    }

    [Fact]
    public async Task As_many_wait_as_may_and_one_that_is_cancelled_makes_room()
    {
        using var cancelling = new CancellationTokenSource();
        _hosts.IsCut = true;
        var pings = Enumerable.Range(0, Pings.Capacity)
            .Select(_ => _hosts.Client.PingAsync(_hosts.Server.Address, Timeout, cancellationToken: cancelling.Token)).ToArray();
        await FailsAsync(SocketError.NoBufferSpaceAvailable, _hosts.Client.PingAsync(_hosts.Server.Address, Timeout));
        await cancelling.CancelAsync();
        foreach (var ping in pings)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _hosts.Until(ping));
        }

        _hosts.Exchange();
        _hosts.IsCut = false;
        Assert.Equal(TimeSpan.Zero, await _hosts.Until(_hosts.Client.PingAsync(_hosts.Server.Address, Timeout)));
    }

    [Theory]
    [InlineData("224.0.0.1", SocketError.NetworkUnreachable)]
    [InlineData("255.255.255.255", SocketError.NetworkUnreachable)]
    [InlineData("0.0.0.0", SocketError.AddressNotAvailable)]
    [InlineData("fd00::1", SocketError.AddressFamilyNotSupported)]
    public async Task Where_no_host_can_be_nothing_is_sent(string address, SocketError error)
    {
        var (client, server) = MemoryDriver.Pair(); // Which have IPv4 alone
        await using (client)
        await using (server)
        {
            await FailsAsync(error, client.PingAsync(IPAddress.Parse(address), Timeout));
        }
    }

    [Fact]
    public async Task Arguments_out_of_range_are_refused()
    {
        await Refused(() => _hosts.Client.PingAsync(_hosts.Server.Address, TimeSpan.Zero));
        await Refused(() => _hosts.Client.PingAsync(_hosts.Server.Address, Timeout, -1));
        await Refused(() => _hosts.Client.PingAsync(_hosts.Server.Address, Timeout, 1420 - 27));
        await Refused(() => _hosts.Client.PingAsync(IPAddress.Parse("fd00::1"), Timeout, 1420 - 47));

        static Task Refused(Func<Task> ping) => Assert.ThrowsAsync<ArgumentOutOfRangeException>(ping);
    }

    [Fact]
    public async Task A_driver_that_was_closed_sends_none()
    {
        _hosts.Client.CloseAll();
        await FailsAsync(SocketError.Shutdown, _hosts.Client.PingAsync(_hosts.Server.Address, Timeout));
    }

    private static IpAddress Of(string address) => IpAddress.From(IPAddress.Parse(address));

    /// <summary>A request that gets lost; the flow is that of its addresses.</summary>
    private (Task<TimeSpan> Ping, byte[] Request, FlowKey Flow) Begin(bool ipv6)
    {
        var flow = ipv6 ? new FlowKey(Of("fd00::2"), Of("fd00::1"), 0, 0) : new FlowKey(Of("10.0.0.2"), Of("10.0.0.1"), 0, 0);
        var ping = _hosts.Client.PingAsync(flow.Remote.ToIPAddress(), Timeout);
        Assert.True(_hosts.Client.Sent.TryDequeue(out var request));
        return (ping, request, flow);
    }

    private async Task FailsAsync(SocketError error, Task<TimeSpan> ping) =>
        Assert.Equal(error, (await Assert.ThrowsAsync<SocketException>(() => _hosts.Until(ping))).SocketErrorCode);
}
