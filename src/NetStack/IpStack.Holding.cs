namespace Onetun.NetStack;

/// <summary>
/// Holds back connections whose segments would be dropped for lack of room: what they send later is not lost. Datagrams and
/// replies are not held back, since they may be lost anyway.
/// </summary>
public sealed partial class IpStack
{
    private readonly HashSet<TcpConnection> _heldBack = [];

    /// <summary>Whether there is no room for packets to an address at present; default null, there always is.</summary>
    public RoomLookup? LacksRoomTo { get; set; }

    /// <summary>There may be room again: connections that were held back may send with all others.</summary>
    public void ReleaseHeldBack()
    {
        foreach (var connection in _heldBack)
        {
            Output.Add(connection);
        }

        _heldBack.Clear();
    }

    /// <summary>Whether to hold back a connection; never one that has ended, which is to be removed.</summary>
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

/// <summary>Whether there is no room for a packet to an address.</summary>
/// <param name="address">The 4 or 16 bytes of the address.</param>
public delegate bool RoomLookup(ReadOnlySpan<byte> address);
