using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>How an application hears of a connection's bad end.</summary>
internal static class TcpFailure
{
    /// <summary>As reads and writes tell it, and as those of .NET's own streams do; null while it has not ended badly.</summary>
    public static IOException? Of(TcpConnection connection) =>
        Error(connection) is var error and not SocketError.Success ? Of(error) : null;

    /// <inheritdoc cref="Of(TcpConnection)"/>
    public static IOException Of(SocketError error)
    {
        var reason = new SocketException((int)error);
        return new IOException(reason.Message, reason);
    }

    /// <summary>As a connect tells it.</summary>
    public static void ThrowIfFailed(TcpConnection connection)
    {
        if (Error(connection) is var error and not SocketError.Success)
        {
            throw new SocketException((int)error);
        }
    }

    /// <summary>Success while it has not ended badly.</summary>
    public static SocketError Error(TcpConnection connection) =>
        connection.State == TcpState.Closed ? Error(connection.End) : SocketError.Success;

    public static SocketError Error(TcpEnd end) => end switch
    {
        TcpEnd.Graceful => SocketError.Success,
        TcpEnd.Refused => SocketError.ConnectionRefused,
        TcpEnd.Reset => SocketError.ConnectionReset,
        TcpEnd.TimedOut => SocketError.TimedOut,
        TcpEnd.NetworkUnreachable => SocketError.NetworkUnreachable,
        TcpEnd.HostUnreachable => SocketError.HostUnreachable,
        _ => SocketError.ConnectionAborted,
    };
}
