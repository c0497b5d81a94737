using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>How an application learns that a connection failed.</summary>
internal static class TcpFailure
{
    /// <summary>
    /// The exception of reads and flushes, the same as of .NET's own streams; null if the connection has not failed.
    /// </summary>
    public static IOException? Of(TcpConnection connection) =>
        Error(connection) is var error and not SocketError.Success ? Of(error) : null;

    /// <summary>The exception of reads and flushes for an error.</summary>
    public static IOException Of(SocketError error)
    {
        var reason = new SocketException((int)error);
        return new IOException(reason.Message, reason);
    }

    /// <summary>Throws the exception of a connect if the connection has failed.</summary>
    public static void ThrowIfFailed(TcpConnection connection)
    {
        if (Error(connection) is var error and not SocketError.Success)
        {
            throw new SocketException((int)error);
        }
    }

    /// <summary>The error with which the connection failed; success if it has not.</summary>
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
