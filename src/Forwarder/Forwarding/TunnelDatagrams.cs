using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Logging;
using Onetun.NetStack;

namespace Onetun.Forwarder.Forwarding;

/// <summary>Datagrams between local sockets and those in the tunnel.</summary>
internal static class TunnelDatagrams
{
    /// <summary>
    /// Sends one that came by a local socket; IPv6 allows longer ones than the tunnel does, and these are dropped.
    /// </summary>
    public static void Forward(UdpSocket socket, ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length > UdpSocket.MaxPayload)
        {
            return;
        }

        try
        {
            socket.Send(datagram);
        }
        catch (ObjectDisposedException)
        {
            // Its flow has just ended.
        }
    }

    /// <summary>Has all that an action sends leave together. It must not wait for anybody.</summary>
    public static void Forward<T>(TunnelDialer dialer, T state, Action<T> action)
    {
        try
        {
            dialer.Tunnel.SendTogether(state, action);
        }
        catch (ObjectDisposedException)
        {
            // The tunnel has just ended.
        }
    }

    /// <summary>Hands all that there are to a function, and then calls another one, until the socket ends.</summary>
    public static async Task ReadAllAsync(
        UdpSocket socket, int port, ILogger logger, Action<ReadOnlyMemory<byte>> take, Action end)
    {
        while (true)
        {
            try
            {
                var read = await socket.Input.ReadAsync().ConfigureAwait(false);
                try
                {
                    do
                    {
                        take(read.Buffer.First);
                        socket.Input.AdvanceTo(read.Buffer.End);
                    }
                    while (socket.Input.TryRead(out read));
                }
                finally
                {
                    end();
                }
            }
            catch (SocketException error) when (error.SocketErrorCode != SocketError.OperationAborted)
            {
                // The destination is unreachable; a later datagram may fare better.
                logger.FlowError(port, error.Message);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>Hands each to a function, one after the other, until the socket ends.</summary>
    public static async Task ReadAllAsync(
        UdpSocket socket, int port, ILogger logger, Func<ReadOnlyMemory<byte>, ValueTask<int>> take)
    {
        while (true)
        {
            try
            {
                var read = await socket.Input.ReadAsync().ConfigureAwait(false);
                try
                {
                    await take(read.Buffer.First).ConfigureAwait(false);
                }
                finally
                {
                    socket.Input.AdvanceTo(read.Buffer.End);
                }
            }
            catch (SocketException error) when (error.SocketErrorCode != SocketError.OperationAborted)
            {
                // One end or the other is unreachable; a later datagram may fare better.
                logger.FlowError(port, error.Message);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
