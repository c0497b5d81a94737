namespace Onetun.NetStack.Tests;

/// <summary>What all connections hold together is known, bounded, and given back.</summary>
public sealed class BufferMemoryTests
{
    private const int Limit = 1024 * 1024;

    private static TcpOptions Small(TcpOptions options) => options with { BufferMemory = Limit };

    /// <summary>Holds nothing at all: memory is short whatever comes.</summary>
    private static TcpOptions None(TcpOptions options) => options with { BufferMemory = 0 };

    [Theory]
    [InlineData("close")]
    [InlineData("abort")]
    [InlineData("dispose")]
    [InlineData("fault")]
    public void All_of_it_is_given_back_however_a_connection_ends(string how)
    {
        var pair = new DirectPair();
        var (client, server) = pair.Connect();
        Write(client, 300_000);
        Write(server, 300_000);
        client.Sender.Buffer.Reserve(1000);
        pair.Settle();
        Assert.True(pair.Client.BufferedBytes > 0);
        Assert.True(pair.Server.BufferedBytes > 0);
        switch (how)
        {
            case "close":
                client.Sender.Buffer.Commit(0);
                client.CloseOutput();
                server.CloseOutput();
                while (!client.InputEnded || !server.InputEnded)
                {
                    Read(client, pair);
                    Read(server, pair);
                    pair.Settle();
                }

                Read(client, pair);
                Read(server, pair);
                break;
            case "abort":
                client.Abort();
                break;
            case "dispose":
                client.Orphan(pair.Now);
                break;
            case "fault":
                client.Break();
                break;
        }

        pair.Advance(TimeSpan.FromMinutes(5));
        server.Abort();
        server.IgnoreInput(pair.Now);
        Assert.Equal((0, 0), (pair.Client.BufferedBytes, pair.Server.BufferedBytes));
    }

    [Fact]
    public void Window_is_one_block_and_data_goes_on_arriving_while_memory_is_short()
    {
        var script = TcpScript.Accepted(configure: o => None(o) with { InitialReceiveBuffer = 20_000 });
        for (var i = 0; i < 16; i++)
        {
            // What was offered before is not taken back
            script.Run($"""
                < ACK {(i * 1000) + 1}..{((i + 1) * 1000) + 1} ack 1
                > ACK 1 ack {((i + 1) * 1000) + 1} win {19_000 - (i * 1000)}
                """);
        }

        script.Run("""
            read 16000
            > ACK 1 ack 16001 win 16384
            """);
    }

    [Fact]
    public void Out_of_order_data_is_not_kept_while_memory_is_short() =>
        TcpScript.Accepted("mss 1000 sackok", configure: None).Run("""
            0.2   < ACK 1001..2001 ack 1
                  > ACK 1 ack 1
            0.3   < ACK 1..1001 ack 1
                  > ACK 1 ack 1001
                  readable 1000
            """);

    [Fact]
    public void Writer_waits_for_no_more_than_at_the_beginning_while_memory_is_short()
    {
        var pair = new DirectPair(Small);
        var (client, server) = pair.Connect();
        while (pair.Client.BufferedBytes < Limit)
        {
            Write(client, 65_536);
        }

        Assert.Equal(client.Sender.InitialBuffer, client.Sender.BufferTarget);
        while (client.Sender.Buffer.Length > 0)
        {
            pair.Settle();
            Read(server, pair);
        }

        Assert.True(client.Sender.BufferTarget > client.Sender.InitialBuffer);
    }

    [Fact]
    public void Everything_arrives_though_memory_is_short()
    {
        var network = new VirtualNetwork(new LinkOptions { Delay = TimeSpan.FromMilliseconds(5), Loss = 0.01 }, configure: None);
        var (client, server) = network.Connect();
        var transfer = network.Send(client, server, 2_000_000);
        network.RunUntil(() => transfer.IsDone, TimeSpan.FromMinutes(10));
        Assert.True(transfer.IsDone);
    }

    [Fact]
    public void Orphan_that_faces_a_zero_window_is_reset_when_memory_is_short() =>
        TcpScript.Accepted(ackOptions: "win 1000", configure: None).Run("""
            0.2   write 2000
                  > ACK 1..1001 ack 1
                  dispose
            0.3   < ACK 1 ack 1001 win 0
            0.6   > RST+ACK 1001 ack 1
                  connections 0
            """);

    [Fact]
    public void Orphan_that_was_given_up_is_counted()
    {
        var script = TcpScript.Accepted(ackOptions: "win 1000", configure: None).Run("""
            0.2   write 2000
                  > ACK 1..1001 ack 1
            """);
        Assert.Equal(0, script.Stack.OrphanCount);
        script.Run("      dispose");
        Assert.Equal(1, script.Stack.OrphanCount);
        script.Run("""
            0.3   < ACK 1 ack 1001 win 0
            0.6   > RST+ACK 1001 ack 1
            """);
        Assert.Equal((0, 1), (script.Stack.OrphanCount, script.Stack.Statistics.OrphansTimedOut));
    }

    private static void Write(TcpConnection connection, int count)
    {
        connection.Sender.Buffer.Reserve(count);
        connection.Sender.Buffer.Commit(count);
        connection.Flush();
    }

    private static void Read(TcpConnection connection, DirectPair pair) =>
        connection.Consume(pair.Now, connection.Receiver.Buffer.End, wantsMore: false);
}
