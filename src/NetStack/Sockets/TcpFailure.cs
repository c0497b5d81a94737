using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>How an application hears of a connection's bad end.</summary>
internal static class TcpFailure
{
    public static void ThrowIfFailed(TcpConnection connection)
    {
        if (connection.State == TcpState.Closed && connection.End != TcpEnd.Graceful)
        {
            throw new SocketException((int)Error(connection.End));
        }
    }

    public static SocketError Error(TcpEnd end) => end switch
    {
        TcpEnd.Refused => SocketError.ConnectionRefused,
        TcpEnd.Reset => SocketError.ConnectionReset,
        TcpEnd.TimedOut => SocketError.TimedOut,
        TcpEnd.NetworkUnreachable => SocketError.NetworkUnreachable,
        TcpEnd.HostUnreachable => SocketError.HostUnreachable,
        _ => SocketError.ConnectionAborted,
    };
}
