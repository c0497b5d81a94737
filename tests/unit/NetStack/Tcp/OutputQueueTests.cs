using System.Reflection;

namespace Onetun.NetStack.Tests;

/// <summary>Whatever is done to a connection, the stack asks it for output: nobody can forget to tell.</summary>
public sealed class OutputQueueTests
{
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(10);

    /// <summary>Every call that changes a connection.</summary>
    private static readonly Dictionary<string, Action<TcpConnection>> Calls = new()
    {
        [nameof(TcpConnection.OnSegment)] = c => c.OnSegment(Later, new TcpSegment { Flow = c.Flow }),
        [nameof(TcpConnection.OnTimeout)] = c => c.OnTimeout(Later),
        [nameof(TcpConnection.OnUnreachable)] = c => c.OnUnreachable(TcpEnd.HostUnreachable),
        [nameof(TcpConnection.OnPacketTooBig)] = c => c.OnPacketTooBig(Later, 1280),
        [nameof(TcpConnection.OnPathNarrowed)] = c => c.OnPathNarrowed(1280),
        [nameof(TcpConnection.Configure)] = c => c.Configure(c.Options),
        [nameof(TcpConnection.Flush)] = c => c.Flush(),
        [nameof(TcpConnection.Consume)] = c => c.Consume(Later, c.Receiver.Buffer.End, wantsMore: false),
        [nameof(TcpConnection.IgnoreInput)] = c => c.IgnoreInput(Later),
        [nameof(TcpConnection.CloseOutput)] = c => c.CloseOutput(),
        [nameof(TcpConnection.Linger)] = c => c.Linger(Later, Later),
        [nameof(TcpConnection.Orphan)] = c => c.Orphan(Later),
        [nameof(TcpConnection.Abort)] = c => c.Abort(),
        [nameof(TcpConnection.Leave)] = c => c.Leave(),
        [nameof(TcpConnection.Sever)] = c => c.Sever(),
        [nameof(TcpConnection.Break)] = c => c.Break(),
    };

    /// <summary>What the stack itself asks, and what changes nothing that goes out.</summary>
    private static readonly string[] Questions =
    [
        nameof(TcpConnection.TryTransmit), nameof(TcpConnection.TakeEvents), nameof(TcpConnection.CanWrite),
        nameof(TcpConnection.IsNewer), nameof(TcpConnection.HasPassed), nameof(TcpConnection.ForgetPassed),
        nameof(TcpConnection.Describe),
    ];

    public static TheoryData<string> Names => [.. Calls.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_call_has_the_connection_asked_for_output(string name)
    {
        var pair = new DirectPair();
        var (client, server) = pair.Connect();
        server.Sender.Buffer.Reserve(100_000);
        server.Sender.Buffer.Commit(100_000);
        server.Flush();
        pair.Settle(); // So that there is something to consume, and a window to open
        Assert.False(client.IsQueuedForOutput);
        Calls[name](client);
        Assert.True(client.IsQueuedForOutput);
    }

    [Fact]
    public void There_is_no_call_that_these_tests_do_not_know()
    {
        var methods = typeof(TcpConnection)
            .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(method => !method.IsSpecialName)
            .Select(method => method.Name);
        Assert.Equal(Calls.Keys.Concat(Questions).Order(), methods.Order());
    }
}
