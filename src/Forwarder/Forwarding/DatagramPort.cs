using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Forwarding;

/// <summary>
/// A local UDP port that clients send to. If it is one of all addresses, an answer leaves from the address that was asked,
/// because the client would otherwise ignore it. Only Linux lets a socket learn that address and set it; elsewhere the system
/// chooses.
/// </summary>
internal sealed class DatagramPort : IDisposable
{
    private readonly Socket _socket;
    private readonly bool _isTold;

    /// <summary>Takes the port.</summary>
    /// <exception cref="SocketException">It cannot be had.</exception>
    public DatagramPort(IPEndPoint endPoint)
    {
        _socket = DatagramSocket.Bind(endPoint);
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _isTold = OperatingSystem.IsLinux() && PacketInformation.TryEnable(_socket);
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Waits for a datagram; one reader at a time.</summary>
    /// <param name="buffer">For what it holds.</param>
    /// <param name="client">For where it came from.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The length, and the address of ours that was asked, as in <see cref="UdpClientAddress"/>.</returns>
    /// <exception cref="SocketException">An ICMP error of an earlier answer.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<(int Length, UInt128 Asked)> ReceiveAsync(
        Memory<byte> buffer, SocketAddress client, CancellationToken cancellationToken)
    {
        while (OperatingSystem.IsLinux() && _isTold)
        {
            var error = AddressedDatagram.TryReceive(
                _socket.SafeHandle, buffer.Span, client.Buffer.Span[..client.Size], out var length, out var asked);
            if (error == 0)
            {
                return (length, asked);
            }

            ThrowUnless(error == Errno.Again, error);
            await DatagramSocket.WaitAsync(_socket, cancellationToken).ConfigureAwait(false);
        }

        return (await _socket.ReceiveFromAsync(buffer, SocketFlags.None, client, cancellationToken).ConfigureAwait(false), default);
    }

    /// <summary>Answers a client.</summary>
    /// <exception cref="SocketException">There is no way there, or the datagram is too long for it.</exception>
    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> datagram, in UdpClientAddress client)
    {
        if (!OperatingSystem.IsLinux() || client.Asked == default)
        {
            return _socket.SendToAsync(datagram, SocketFlags.None, client.Client);
        }

        var error = AddressedDatagram.TrySend(_socket.SafeHandle, datagram.Span, client.Client.Buffer.Span[..client.Client.Size], client.Asked);
        // If the socket's buffer is full, it is lost, as on any path that is full.
        ThrowUnless(error == 0 || Errno.IsCongestion(error), error);
        return new ValueTask<int>(datagram.Length);
    }

    public void Dispose() => _socket.Dispose();

    private static void ThrowUnless(bool isFine, int error)
    {
        if (!isFine)
        {
            throw new SocketException((int)SocketError.SocketError, Marshal.GetPInvokeErrorMessage(error));
        }
    }
}
