using System.IO.Pipelines;
using System.Net;

namespace Onetun.NetStack;

/// <summary>
/// A flow of datagrams to and from one peer, as a pair of pipes that keep datagrams apart: each read of <see cref="Input"/>
/// returns one, and each flush of <see cref="Output"/> sends what was written since the last one as one. Like the network, it
/// drops datagrams for which there is no room. An ICMP error is reported once, as a
/// <see cref="System.Net.Sockets.SocketException"/> of a read. If the socket or its tunnel is disposed, a waiting read fails with one of
/// <see cref="System.Net.Sockets.SocketError.OperationAborted"/>, and later reads and sends with an
/// <see cref="ObjectDisposedException"/>.
/// </summary>
public sealed class UdpSocket : IDuplexPipe, IAsyncDisposable
{
    /// <summary>
    /// The largest payload, in bytes: 65,535 less the headers of IPv4 and UDP. Datagrams longer than the path MTU are sent in
    /// fragments.
    /// </summary>
    public const int MaxPayload = 65_507;

    private readonly StackDriver _driver;
    private readonly UdpFlow _flow;
    private readonly DatagramReader _input;
    private readonly DatagramWriter _output;

    internal UdpSocket(StackDriver driver, UdpFlow flow)
    {
        _driver = driver;
        _flow = flow;
        _input = new DatagramReader(driver, flow);
        _output = new DatagramWriter(this);
        flow.Signal = _input.Signal;
    }

    /// <inheritdoc/>
    public PipeReader Input => _input;

    /// <inheritdoc/>
    public PipeWriter Output => _output;

    /// <summary>Our address and port.</summary>
    public IPEndPoint LocalEndPoint => new(_flow.Flow.Local.ToIPAddress(), _flow.Flow.LocalPort);

    /// <summary>The peer's address and port.</summary>
    public IPEndPoint RemoteEndPoint => new(_flow.Flow.Remote.ToIPAddress(), _flow.Flow.RemotePort);

    /// <summary>Whether reads that waited continue on the thread that drives the stack (<see cref="TcpSocket.ContinuesInline"/>).</summary>
    public bool ContinuesInline
    {
        get => _input.Signal.IsInline;
        set
        {
            lock (_driver.Lock)
            {
                _input.Signal.IsInline = value;
            }
        }
    }

    /// <summary>Sends one datagram.</summary>
    /// <param name="payload">Its payload, 0 to <see cref="MaxPayload"/> bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The payload is too long.</exception>
    /// <exception cref="ObjectDisposedException">The socket is disposed, or its tunnel.</exception>
    public void Send(ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, MaxPayload, nameof(payload));
        using var turn = _driver.BeginTurn();
        ObjectDisposedException.ThrowIf(_flow.IsClosed, this);
        _driver.Stack.Udp.Send(_flow, payload);
    }

    /// <summary>Closes the flow, and drops unread datagrams. Idempotent.</summary>
    public ValueTask DisposeAsync()
    {
        using var turn = _driver.BeginTurn();
        _input.Close();
        return ValueTask.CompletedTask;
    }
}
