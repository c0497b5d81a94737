using System.Net.Sockets;

namespace Onetun.NetStack.Tests;

/// <summary>Who holds a connection learns that it is over without reading it.</summary>
public sealed class ClosedTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly VirtualHosts _hosts = new();

    public enum By
    {
        Fin,
        FinAfterUnreadData,
        Reset,
        Abort,
        Dispose,
        Timeout,
        AbortAll,
        CloseAll,
    }

    public static TheoryData<By> Ends => new(Enum.GetValues<By>());

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Token_is_cancelled_when_the_connection_is_over(By by)
    {
        var (client, server) = await _hosts.ConnectAsync();
        var closed = client.Closed;
        await server.Output.WriteAsync("unread"u8.ToArray());
        _hosts.Advance(TimeSpan.FromSeconds(1));
        Assert.False(closed.IsCancellationRequested);
        await EndAsync(by, client, server);
        _hosts.Until(() => closed.IsCancellationRequested);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Token_first_asked_for_when_the_connection_is_over_is_cancelled(By by)
    {
        var (client, server) = await _hosts.ConnectAsync();
        await EndAsync(by, client, server);
        Assert.True(client.Closed.IsCancellationRequested);
    }

    [Fact]
    public async Task Callbacks_run_on_the_thread_pool_without_the_lock()
    {
        var (client, server) = await _hosts.ConnectAsync();
        var seen = new TaskCompletionSource<(bool IsOnPool, bool HoldsLock)>();
        client.Closed.Register(
            () => seen.SetResult((Thread.CurrentThread.IsThreadPoolThread, _hosts.Client.Lock.IsHeldByCurrentThread)));
        server.Abort();
        Assert.Equal((true, false), await _hosts.Until(seen.Task));
    }

    [Fact]
    public async Task Callback_that_throws_hurts_nobody()
    {
        var (client, server) = await _hosts.ConnectAsync();
        using var others = new CountdownEvent(2);
        client.Closed.Register(() => others.Signal());
        client.Closed.Register(() => throw new InvalidOperationException("of the application"));
        client.Closed.Register(() => others.Signal());
        await server.Output.CompleteAsync();
        _hosts.Exchange();
        Assert.True(others.Wait(Patience, TestContext.Current.CancellationToken));
        await client.Output.WriteAsync("still"u8.ToArray());
        Assert.Equal(5, (await _hosts.Until(server.Input.ReadAsync().AsTask())).Buffer.Length);
    }

    private async Task EndAsync(By by, TcpSocket client, TcpSocket server)
    {
        switch (by)
        {
            case By.Fin:
                await server.Output.CompleteAsync();
                break;
            case By.FinAfterUnreadData:
                await server.Output.WriteAsync(new byte[50_000]);
                await server.Output.CompleteAsync();
                break;
            case By.Reset:
                server.Abort();
                break;
            case By.Abort:
                client.Abort();
                break;
            case By.Dispose:
                await client.DisposeAsync();
                break;
            case By.Timeout:
                _hosts.IsCut = true;
                await client.Output.WriteAsync(new byte[1]);
                _hosts.Advance(TimeSpan.FromHours(1));
                Assert.Equal(SocketError.TimedOut, client.OutputError);
                break;
            case By.AbortAll:
                _hosts.Client.AbortAll();
                break;
            case By.CloseAll:
                _hosts.Client.CloseAll();
                break;
        }

        _hosts.Advance(TimeSpan.FromSeconds(1));
    }
}
