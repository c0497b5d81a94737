using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>
/// A port that receives datagrams from anybody and sends them to anybody, like an unconnected socket of .NET. Like the network, it
/// drops datagrams for which there is no room (<see cref="UdpOptions.ReceiveBuffer"/>, <see cref="PacketOutcome.BufferFull"/>). It
/// does not report ICMP errors: one unreachable host must not end the talk with others. If it or its tunnel is disposed, a waiting
/// receive fails with a <see cref="SocketException"/> of <see cref="SocketError.OperationAborted"/>, and later calls with an
/// <see cref="ObjectDisposedException"/>.
/// </summary>
public sealed class UdpPort : IAsyncDisposable, IPendingOwner<ReceivedDatagram>
{
    private readonly StackDriver _driver;
    private readonly UdpInbox _inbox;
    private readonly Pending<ReceivedDatagram> _pending;
    private Memory<byte> _buffer;
    private bool _isReceiving;
    private (IpAddress Address, ushort Port) _sender;
    private IPEndPoint? _remoteEndPoint; // Of that sender

    internal UdpPort(StackDriver driver, UdpInbox inbox)
    {
        (_driver, _inbox) = (driver, inbox);
        _pending = new Pending<ReceivedDatagram>(driver, this);
        inbox.Signal = _pending;
    }

    /// <summary>The address, for all of them the first one of the stack, and the port.</summary>
    public IPEndPoint LocalEndPoint => new(
        _inbox.End.Address.IsUnspecified ? _driver.Stack.Options.Addresses[0].Address : _inbox.End.Address.ToIPAddress(),
        _inbox.End.Port);

    /// <summary>Waits for the next datagram. One call may wait at a time.</summary>
    /// <param name="buffer">Gets the payload.</param>
    /// <param name="cancellationToken">Ends the wait; no datagram is lost.</param>
    /// <exception cref="SocketException">
    /// The datagram is longer than the buffer, which has its beginning; the rest is lost (<see cref="SocketError.MessageSize"/>). Or
    /// it was disposed meanwhile.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another call is waiting.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed, or its tunnel.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public ValueTask<ReceivedDatagram> ReceiveFromAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReceivedDatagram>(cancellationToken);
        }

        try
        {
            return BeginReceive(buffer, cancellationToken);
        }
        catch (Exception failure)
        {
            return ValueTask.FromException<ReceivedDatagram>(failure);
        }
    }

    /// <summary>
    /// Sends one datagram, from the address of the port, or if it has all, from the source address for the host. That it cannot be
    /// delivered, for nobody has the address, is counted and not told.
    /// </summary>
    /// <param name="payload">Its payload, 0 to <see cref="UdpSocket.MaxPayload"/> bytes.</param>
    /// <param name="remote">The address and port of who gets it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The payload is too long.</exception>
    /// <exception cref="SocketException">
    /// The remote address or port is 0, or the port has no address of its IP version.
    /// </exception>
    /// <exception cref="ObjectDisposedException">It is disposed, or its tunnel.</exception>
    public void SendTo(ReadOnlySpan<byte> payload, IPEndPoint remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, UdpSocket.MaxPayload, nameof(payload));
        using var turn = _driver.BeginTurn();
        ObjectDisposedException.ThrowIf(_inbox.IsClosed, this);
        var address = Destination.Of(_driver.Stack, remote);
        var local = _driver.Stack.SourceFor(address, _inbox.End.Address) ?? throw new SocketException(
            (int)SocketError.AddressFamilyNotSupported, $"{remote} cannot be reached from {LocalEndPoint.Address}.");
        _driver.Stack.Udp.Send(new FlowKey(local, address, _inbox.End.Port, (ushort)remote.Port), payload);
    }

    /// <summary>Gives up the port, and drops unread datagrams. Idempotent.</summary>
    public ValueTask DisposeAsync()
    {
        using var turn = _driver.BeginTurn();
        _driver.Stack.Udp.Close(_inbox);
        _driver.Wake(_pending);
        return ValueTask.CompletedTask;
    }

    private ValueTask<ReceivedDatagram> BeginReceive(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        short version;
        lock (_driver.Lock)
        {
            ObjectDisposedException.ThrowIf(_inbox.IsClosed, this);
            if (_isReceiving)
            {
                throw new InvalidOperationException("Only one receive may wait at a time.");
            }

            if (_inbox.HasDatagram)
            {
                return new ValueTask<ReceivedDatagram>(Take(buffer.Span));
            }

            version = _pending.Arm(cancellationToken);
            (_isReceiving, _buffer) = (true, buffer);
        }

        return _pending.Begin(version, cancellationToken);
    }

    ReceivedDatagram IPendingOwner<ReceivedDatagram>.Finish(CancellationToken cancellationToken)
    {
        var buffer = _buffer;
        (_isReceiving, _buffer) = (false, default);
        if (_inbox.IsClosed)
        {
            throw new SocketException((int)SocketError.OperationAborted);
        }

        return _inbox.HasDatagram ? Take(buffer.Span) : throw new OperationCanceledException(cancellationToken);
    }

    private ReceivedDatagram Take(Span<byte> buffer)
    {
        var payload = _inbox.Peek().Span;
        var length = payload.Length;
        var sender = _inbox.Sender;
        payload[..Math.Min(length, buffer.Length)].CopyTo(buffer);
        _inbox.Remove();
        if (length > buffer.Length)
        {
            throw new SocketException((int)SocketError.MessageSize);
        }

        if (_remoteEndPoint is null || sender != _sender)
        {
            (_sender, _remoteEndPoint) = (sender, new IPEndPoint(sender.Address.ToIPAddress(), sender.Port));
        }

        return new ReceivedDatagram(length, _remoteEndPoint);
    }
}
