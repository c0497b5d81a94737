using System.Runtime.CompilerServices;

namespace Onetun.NetStack.Tests;

/// <summary>A fault in the stack's own code, made by taking a part of a connection away, ends that connection and no more.</summary>
public sealed class FaultTests
{
    [Fact]
    public void Fault_in_taking_a_segment_resets_the_connection() => Ruin(TcpScript.Accepted()).Run("""
        0.2   < ACK 1 ack 1 win 5000
              > RST+ACK 1 ack 1
              ended Fault
              connections 0
        """);

    [Fact]
    public void Fault_in_sending_resets_the_connection() => Ruin(TcpScript.Accepted()).Run("""
        0.2   write 100
              > RST+ACK 1 ack 1
              ended Fault
              connections 0
        """);

    [Fact]
    public void Fault_in_a_timeout_resets_the_connection()
    {
        var script = TcpScript.Accepted().Run("""
            0.2   write 100
                  > PSH+ACK 1..101 ack 1
            """);
        Ruin(script).Run("""
            0.5   > RST+ACK 101 ack 1
                  ended Fault
                  connections 0
            """);
    }

    [Fact]
    public void Fault_in_taking_an_icmp_error_resets_the_connection()
    {
        var script = TcpScript.Accepted().Run("""
            0.2   write 1000
                  > PSH+ACK 1..1001 ack 1
            """);
        Ruin(script).Run("""
            0.25  icmp 3 4 800 1
                  > RST+ACK 1001 ack 1
                  ended Fault
            """);
    }

    [Fact]
    public void Fault_is_told_once_with_the_state_it_struck_and_counted()
    {
        var script = Ruin(TcpScript.Accepted()).Run("""
            0.2   < PSH+ACK 1..101 ack 1
                  > RST+ACK 1 ack 1
            """);

        Assert.True(script.Stack.TryTakeFault(out var fault));
        Assert.StartsWith("TCP 10.0.0.1:80 - 10.0.0.9:40000 in Established: SND.UNA 1, SND.NXT 1,", fault.Where);
        Assert.IsType<NullReferenceException>(fault.Exception);
        Assert.False(script.Stack.TryTakeFault(out _));
        Assert.Equal(1, script.Stack.Statistics.Faults);
    }

    [Fact]
    public void Connections_beside_one_that_faults_go_on()
    {
        var pair = new DirectPair();
        var (struck, _) = pair.Connect(80);
        var (client, server) = pair.Connect(81);
        Sent(struck.Sender) = null!;

        Write(struck);
        Write(client);
        pair.Settle();

        Assert.Equal(TcpEnd.Fault, struck.End);
        Assert.Equal(TcpState.Established, client.State);
        Assert.Equal(3, server.Receiver.Buffer.Readable);
        Assert.Equal(1, pair.Client.ConnectionCount);
        Assert.Equal(1, pair.Server.ConnectionCount);
    }

    [Fact]
    public void Breach_of_an_invariant_ends_the_connection_before_wrong_bytes_leave_it()
    {
        var pair = new DirectPair();
        var (client, server) = pair.Connect();
        Write(client);
        pair.Settle();
        client.Sender.Buffer.Release(3);
        Write(client);
        client.Sender.Buffer.Release(6); // Given up before it was sent: what would leave is somebody else's
        pair.Settle();

        Assert.Equal(TcpEnd.Fault, client.End);
        Assert.Equal(TcpEnd.Reset, server.End);
        Assert.True(pair.Client.TryTakeFault(out var fault));
        Assert.IsType<InvariantException>(fault.Exception);
        Assert.Contains("offset >= Start", fault.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Application_hears_of_a_fault_as_of_an_aborted_connection()
    {
        var connection = Ruin(TcpScript.Accepted()).Run("""
            0.2   < ACK 1 ack 1 win 5000
                  > RST+ACK 1 ack 1
            """).Connection;

        var error = Assert.Throws<System.Net.Sockets.SocketException>(() => TcpFailure.ThrowIfFailed(connection));
        Assert.Equal(System.Net.Sockets.SocketError.ConnectionAborted, error.SocketErrorCode);
    }

    private static void Write(TcpConnection connection)
    {
        connection.Sender.Buffer.Reserve(3);
        connection.Sender.Buffer.Commit(3);
        connection.Flush();
    }

    private static TcpScript Ruin(TcpScript script)
    {
        Sent(script.Connection.Sender) = null!;
        return script;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_sent")]
    private static extern ref SentSegments Sent(Sender sender);
}
