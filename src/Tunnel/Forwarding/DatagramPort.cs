using System.Net;
using System.Net.Sockets;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// A local UDP port whose datagrams come and go in batches. A client is where its datagrams come from and, if the port is one of
/// all addresses, the address of ours that it asks, which answers leave from, because it would otherwise ignore them. Only Linux
/// lets a socket learn that address and set it; elsewhere the system chooses.
/// </summary>
internal sealed class DatagramPort : IDisposable
{
    private readonly Socket _socket;
    private readonly IUdpTransport _transport;
    private readonly Lock _answering = new();
    private DatagramBatch? _answers;

    /// <summary>Takes the port.</summary>
    /// <param name="endPoint">Where it is.</param>
    /// <param name="failed">Hears of what went wrong with a datagram, where the system tells.</param>
    /// <exception cref="SocketException">It cannot be had.</exception>
    public DatagramPort(IPEndPoint endPoint, Action<SocketError> failed)
        : this(DatagramSocket.Bind(endPoint), failed, new UdpTransportOptions().MostMessages)
    {
    }

    /// <summary>Takes a socket over.</summary>
    /// <param name="socket">One that is bound, or connected to the only client that there is.</param>
    /// <param name="failed">Hears of what went wrong with a datagram, where the system tells.</param>
    /// <param name="messages">The most messages of one system call.</param>
    public DatagramPort(Socket socket, Action<SocketError> failed, int messages)
    {
        _socket = socket;
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _transport = UdpTransport.Over(_socket, new UdpTransportOptions
        {
            SocketBuffer = DatagramSocket.BufferSize,
            WaitsForRoom = false, // Whoever has an answer is the thread that the whole tunnel runs on
            MostMessages = messages,
            Failed = failed,
        });
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>For <see cref="TryReceive"/>.</summary>
    public ReceiveBatch CreateBatch() => _transport.CreateReceiveBatch();

    /// <summary>Waits until something can be received.</summary>
    /// <exception cref="SocketException">An ICMP error of an earlier answer.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public ValueTask WaitAsync(CancellationToken cancellationToken = default) => DatagramSocket.WaitAsync(_socket, cancellationToken);

    /// <summary>Takes what is there; 0 if it is nothing. One caller at a time.</summary>
    public int TryReceive(ReceiveBatch batch) => _transport.TryReceive(batch);

    /// <summary>Has an answer sent to a client with the next <see cref="SendAnswers"/>, or before.</summary>
    public void Answer(in UdpEndPoint client, ReadOnlySpan<byte> datagram) => Answer(client, default, datagram);

    /// <summary>The same with a header before it.</summary>
    public void Answer(in UdpEndPoint client, ReadOnlySpan<byte> header, ReadOnlySpan<byte> datagram)
    {
        var length = header.Length + datagram.Length;
        lock (_answering)
        {
            _answers ??= DatagramBatches.RentAnswers();
            if (!_answers.TryGetSlot(length, out var slot))
            {
                _transport.Send(_answers);
                _answers.Clear();
                _ = _answers.TryGetSlot(length, out slot);
            }

            header.CopyTo(slot);
            datagram.CopyTo(slot[header.Length..]);
            _answers.Commit(length, client);
        }
    }

    /// <summary>Sends the answers that there are.</summary>
    public void SendAnswers()
    {
        lock (_answering)
        {
            if (_answers is not null)
            {
                _transport.Send(_answers);
                DatagramBatches.Return(_answers);
                _answers = null;
            }
        }
    }

    public void Dispose() => _transport.Dispose();
}
