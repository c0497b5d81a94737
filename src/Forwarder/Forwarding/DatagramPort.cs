using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Forwarding;

/// <summary>
/// A local UDP port that clients send to. A client is where its datagrams come from and, if the port is one of all addresses,
/// the address of ours that it asks, which answers leave from, because it would otherwise ignore them. Only Linux lets a socket
/// learn that address and set it; elsewhere the system chooses.
/// </summary>
internal sealed class DatagramPort : IDisposable
{
    // As many as a round of the tunnel has, and room for two of the longest
    private const int MostAnswers = 64;
    private const int AnswerBytes = 128 * 1024;

    private readonly Socket _socket;
    private readonly IUdpTransport _transport;
    private readonly Lock _answering = new();
    private readonly DatagramBatch _answers = new(AnswerBytes, MostAnswers);

    /// <summary>Takes the port.</summary>
    /// <param name="endPoint">Where it is.</param>
    /// <param name="failed">Hears of what went wrong with a datagram, where the system tells.</param>
    /// <exception cref="SocketException">It cannot be had.</exception>
    public DatagramPort(IPEndPoint endPoint, Action<SocketError> failed)
    {
        _socket = DatagramSocket.Bind(endPoint);
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _transport = UdpTransport.Over(_socket, new UdpTransportOptions
        {
            SocketBuffer = DatagramSocket.BufferSize,
            WaitsForRoom = false, // Whoever has an answer is the thread that the whole tunnel runs on
            Failed = failed,
        });
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>For <see cref="TryReceive"/>.</summary>
    public ReceiveBatch CreateBatch() => _transport.CreateReceiveBatch();

    /// <summary>Waits until something can be received.</summary>
    /// <exception cref="SocketException">An ICMP error of an earlier answer.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public ValueTask WaitAsync(CancellationToken cancellationToken) => DatagramSocket.WaitAsync(_socket, cancellationToken);

    /// <summary>Takes what is there; 0 if it is nothing. One caller at a time.</summary>
    public int TryReceive(ReceiveBatch batch) => _transport.TryReceive(batch);

    /// <summary>Has an answer sent to a client with the next <see cref="SendAnswers"/>, or before.</summary>
    public void Answer(in UdpEndPoint client, ReadOnlySpan<byte> datagram)
    {
        lock (_answering)
        {
            if (!_answers.TryGetSlot(datagram.Length, out var slot))
            {
                SendAnswers();
                _ = _answers.TryGetSlot(datagram.Length, out slot);
            }

            datagram.CopyTo(slot);
            _answers.Commit(datagram.Length, client);
        }
    }

    /// <summary>Sends the answers that there are.</summary>
    public void SendAnswers()
    {
        lock (_answering)
        {
            if (_answers.Count > 0)
            {
                _transport.Send(_answers);
                _answers.Clear();
            }
        }
    }

    public void Dispose()
    {
        _transport.Dispose();
        lock (_answering)
        {
            _answers.Dispose();
        }
    }
}
