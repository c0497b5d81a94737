using System.IO.Pipelines;
using System.Net;

namespace Onetun.NetStack;

/// <summary>
/// Datagrams to and from one peer inside the tunnel, as a pair of pipes that keep their bounds: each read of
/// <see cref="Input"/> is one datagram, each flush of <see cref="Output"/> sends what was written since the last one as one
/// datagram. Like the network, it drops what finds no room. An ICMP error surfaces once, as a
/// <see cref="System.Net.Sockets.SocketException"/> from a read. Disposed, it ends a read that waits with
/// <see cref="System.Net.Sockets.SocketError.OperationAborted"/>, and later reads and sends fail with
/// <see cref="ObjectDisposedException"/>.
/// </summary>
public sealed class UdpSocket : IDuplexPipe, IAsyncDisposable
{
    /// <summary>Largest payload, bytes: over IPv4, 65,535 less the headers. Beyond the MTU it travels in fragments.</summary>
    public const int MaxPayload = 65_507;

    private readonly StackDriver _driver;
    private readonly UdpFlow _flow;
    private readonly DatagramReader _input;
    private readonly DatagramWriter _output;
    private bool _disposed;

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

    /// <summary>Our end.</summary>
    public IPEndPoint LocalEndPoint => new(_flow.Flow.Local.ToIPAddress(), _flow.Flow.LocalPort);

    /// <summary>The peer's end.</summary>
    public IPEndPoint RemoteEndPoint => new(_flow.Flow.Remote.ToIPAddress(), _flow.Flow.RemotePort);

    /// <summary>Sends one datagram, an empty one too.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is longer than <see cref="MaxPayload"/>.</exception>
    /// <exception cref="ObjectDisposedException">The socket is disposed.</exception>
    public void Send(ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, MaxPayload, nameof(payload));
        using var turn = _driver.BeginTurn();
        ObjectDisposedException.ThrowIf(_disposed, this);
        _driver.Stack.Udp.Send(_flow, payload);
    }

    /// <summary>Gives up the port.</summary>
    public ValueTask DisposeAsync()
    {
        using var turn = _driver.BeginTurn();
        _disposed = true;
        _input.Close();
        return ValueTask.CompletedTask;
    }
}
