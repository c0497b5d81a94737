namespace Onetun.NetStack;

/// <summary>
/// Connections that are not asked for segments, as those would be thrown away: what is asked for later is not lost. Datagrams
/// and answers go on, for they may be lost anyway.
/// </summary>
public sealed partial class IpStack
{
    private readonly HashSet<TcpConnection> _heldBack = [];

    /// <summary>Whether packets to an address find no room at present. Default: they always do.</summary>
    public RoomLookup? LacksRoomTo { get; set; }

    /// <summary>There may be room again: connections that were held back are asked for output with all others.</summary>
    public void ReleaseHeldBack()
    {
        foreach (var connection in _heldBack)
        {
            Output.Add(connection);
        }

        _heldBack.Clear();
    }

    /// <summary>Not of one that has ended: that is to be told, and waits for nothing.</summary>
    private bool IsHeldBack(TcpConnection connection)
    {
        if (LacksRoomTo is null || connection.State == TcpState.Closed)
        {
            return false;
        }

        Span<byte> address = stackalloc byte[connection.Flow.Remote.Length];
        connection.Flow.Remote.Write(address);
        return LacksRoomTo(address);
    }

    private void HoldBack(TcpConnection connection)
    {
        Output.EndTurn();
        _heldBack.Add(connection);
        Settle(connection);
    }
}

/// <summary>Whether a packet to an address (its 4 or 16 bytes) would find no room.</summary>
public delegate bool RoomLookup(ReadOnlySpan<byte> address);
