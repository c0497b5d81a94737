using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.NetStack;

namespace Onetun.Tunnel.Forwarding;

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

    /// <summary>Hands each to a function, one after the other, until the socket ends.</summary>
    /// <param name="socket">Where they come.</param>
    /// <param name="port">As the log calls it.</param>
    /// <param name="logger">Hears of errors.</param>
    /// <param name="take">Takes one.</param>
    /// <param name="rest">Called when there is none for now.</param>
    public static async Task ReadAllAsync(
        UdpSocket socket, int port, ILogger logger, Action<ReadOnlyMemory<byte>> take, Action rest)
    {
        while (true)
        {
            try
            {
                if (!socket.Input.TryRead(out var read))
                {
                    rest();
                    read = await socket.Input.ReadAsync().ConfigureAwait(false);
                }

                take(read.Buffer.First);
                socket.Input.AdvanceTo(read.Buffer.End);
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
