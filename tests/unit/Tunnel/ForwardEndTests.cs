using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Tests;

namespace Onetun.Tunnel.Tests;

/// <summary>The end of forwards that a program has opened, by whoever ends them, and in whatever order.</summary>
public sealed class ForwardEndTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private TunnelPair _pair = null!;

    public static TheoryData<string> Forwards { get; } = ["ForwardTcp", "ForwardUdp", "ExposeTcp", "ExposeUdp"];

    public async ValueTask InitializeAsync() => _pair = await TunnelPair.StartAsync();

    public ValueTask DisposeAsync() => _pair.DisposeAsync();

    [Theory, MemberData(nameof(Forwards))]
    public async Task It_ends_once(string kind)
    {
        var forward = Open(kind);
        await forward.StopAsync(TimeSpan.Zero).WaitAsync(Patience);
        await forward.DisposeAsync();
        await forward.StopAsync(TimeSpan.FromSeconds(1)).WaitAsync(Patience);
        await forward.DisposeAsync();
    }

    [Theory, MemberData(nameof(Forwards))]
    public async Task It_ends_with_its_tunnel_and_may_be_ended_after_it(string kind)
    {
        await using var forward = Open(kind);
        await _pair.Ours.DisposeAsync();
        await forward.StopAsync(TimeSpan.Zero).WaitAsync(Patience);
    }

    [Fact]
    public async Task The_least_patient_ends_it()
    {
        await using var listener = _pair.Theirs.Listen(80);
        var forward = Open("ForwardTcp");
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)forward.Source);
        await using var served = await listener.AcceptAsync();

        var patient = forward.StopAsync(Timeout.InfiniteTimeSpan);
        Assert.False(patient.IsCompleted);
        await forward.DisposeAsync().AsTask().WaitAsync(Patience);
        await patient.WaitAsync(Patience);
        await Assert.ThrowsAsync<IOException>(() => client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
    }

    private TunnelForward Open(string kind)
    {
        var (outside, inside) = (new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(TunnelPair.OurAddress, 0));
        var (there, here) = (new IPEndPoint(TunnelPair.TheirAddress, 80), new IPEndPoint(IPAddress.Loopback, 9));
        return kind switch
        {
            "ForwardTcp" => _pair.Ours.ForwardTcp(outside, there),
            "ForwardUdp" => _pair.Ours.ForwardUdp(outside, there),
            "ExposeTcp" => _pair.Ours.ExposeTcp(inside, here),
            _ => _pair.Ours.ExposeUdp(inside, here),
        };
    }
}
