namespace Onetun.NetStack.Tests;

/// <summary>Connections to where there is no room are not asked for segments that would be thrown away.</summary>
public sealed class HoldingTests
{
    private readonly DirectPair _pair = new();
    private bool _lacksRoom = true;

    public HoldingTests() => _pair.Client.LacksRoomTo = _ => _lacksRoom;

    [Fact]
    public void A_connection_that_is_held_back_goes_on_when_there_is_room_with_nothing_sent_twice()
    {
        var queue = _pair.Server.Listen(80)!;
        var client = _pair.Client.Connect(_pair.Now, DirectPair.ServerAddress, 80)!;
        _pair.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, _pair.Packets);

        _lacksRoom = false;
        _pair.Client.ReleaseHeldBack();
        _pair.Settle();
        Assert.True(client.IsSynchronized);
        Assert.True(queue.TryAccept(out _));
        Assert.Equal(3, _pair.Packets);
    }

    [Fact]
    public void A_connection_that_is_held_back_can_be_given_up()
    {
        var client = _pair.Client.Connect(_pair.Now, DirectPair.ServerAddress, 80)!;
        _pair.Settle();
        client.Abort();
        _pair.Settle();
        Assert.Equal((0, TimeSpan.MaxValue), (_pair.Client.ConnectionCount, _pair.Client.NextTimeout));
    }

    [Fact]
    public void A_connection_that_is_held_back_for_ever_times_out()
    {
        var client = _pair.Client.Connect(_pair.Now, DirectPair.ServerAddress, 80)!;
        _pair.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((TcpEnd.TimedOut, 0), (client.End, _pair.Client.ConnectionCount));
    }

    [Fact]
    public void Data_that_is_held_back_arrives_when_there_is_room()
    {
        _lacksRoom = false;
        var (client, server) = _pair.Connect();
        _lacksRoom = true;
        var data = client.Sender.Buffer.Reserve(5000);
        data.Span[..5000].Fill(7);
        client.Sender.Buffer.Commit(5000);
        client.Flush();
        _pair.Settle();
        Assert.Equal(0, server.Receiver.Buffer.Readable);

        _lacksRoom = false;
        _pair.Client.ReleaseHeldBack();
        _pair.Settle();
        Assert.Equal(5000, server.Receiver.Buffer.Readable);
        Assert.Equal(0, client.Sender.Retransmissions);
    }
}
