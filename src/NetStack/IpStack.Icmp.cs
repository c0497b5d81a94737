using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>ICMP: echo requests and replies, and errors about packets of ours.</summary>
public sealed partial class IpStack
{
    private readonly Pings _pings;

    /// <summary>Sends an echo request from the source address for a host; null if too many wait for their replies.</summary>
    internal Ping? Ping(TimeSpan now, IpAddress remote, int length, TimeSpan timeout) =>
        _sources.TryFind(remote, out var local)
            ? _pings.TryBegin(now, local, remote, length, TcpTimers.After(now, timeout))
            : null;

    /// <summary>Nobody waits for the reply any more.</summary>
    internal void Cancel(Ping ping) => _pings.Cancel(ping);

    /// <summary>The next echo request that is over, if there is one.</summary>
    internal bool TryTakePing([NotNullWhen(true)] out Ping? ping) => _pings.TryTakeOver(out ping);

    private PacketOutcome OnIcmp(TimeSpan now, ReadOnlySpan<byte> packet, bool isReassembled)
    {
        if (!_reader.TryReadIcmp(packet, out var message))
        {
            return PacketOutcome.Malformed;
        }

        if (IcmpError.TryRead(message, out var error))
        {
            return OnIcmpError(now, error);
        }

        if (message.IsEchoReply)
        {
            if (_pings.OnReply(now, message))
            {
                return PacketOutcome.Echo;
            }

            // A reply that arrived in fragments shows nothing about packets of its length
            if (isReassembled || !_prober.OnReply(message))
            {
                return PacketOutcome.IcmpIgnored;
            }

            EndSearches(now);
            return PacketOutcome.Echo;
        }

        return _replies.TryEcho(now, packet) ? PacketOutcome.Echo : PacketOutcome.IcmpIgnored;
    }

    /// <summary>
    /// Reports that there is no route for a packet that <see cref="TryTransmit"/> wrote. This has the effect of an ICMP error: a
    /// connection that is not yet established fails.
    /// </summary>
    /// <param name="now">The current time.</param>
    /// <param name="packet">The packet.</param>
    public void OnUndeliverable(TimeSpan now, ReadOnlySpan<byte> packet)
    {
        if (IcmpError.TryReadQuoted(packet, IcmpErrorKind.NetworkUnreachable, 0, out var error))
        {
            OnIcmpError(now, error);
        }
    }

    private PacketOutcome OnIcmpError(TimeSpan now, in IcmpError error)
    {
        if (error.Protocol == IpProtocol.Udp)
        {
            if (error.Kind == IcmpErrorKind.PacketTooBig && Udp.HasReceiver(error.Flow))
            {
                _settings.Paths.Learn(now, error.Flow.Remote, PathMtus.Believed(error.Flow.Remote, error.Mtu));
                return PacketOutcome.IcmpError;
            }

            return Reason(error.Kind) is { } reason && Udp.OnError(error.Flow, reason)
                ? PacketOutcome.IcmpError
                : PacketOutcome.IcmpIgnored;
        }

        if (error.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6)
        {
            return ErrorOfPing(error.Kind) is { } told && _pings.OnError(error, told)
                ? PacketOutcome.IcmpError
                : PacketOutcome.IcmpIgnored;
        }

        if (error.Protocol != IpProtocol.Tcp || !_connections.TryGetValue(error.Flow, out var connection)
            || error.Sequence - connection.Sender.Sequence.Wrap(connection.Sender.Unacknowledged)
                >= (ulong)(connection.Sender.Next - connection.Sender.Unacknowledged)) // RFC 5927 §4.1
        {
            return PacketOutcome.IcmpIgnored;
        }

        if (error.Kind != IcmpErrorKind.PacketTooBig && Reason(error.Kind) is null)
        {
            return PacketOutcome.IcmpIgnored;
        }

        Deliver(now, connection, error);
        return PacketOutcome.IcmpError;
    }

    private static SocketError? ErrorOfPing(IcmpErrorKind kind) =>
        kind == IcmpErrorKind.PacketTooBig ? SocketError.MessageSize
            : Reason(kind) is { } reason ? TcpFailure.Error(reason)
            : null;

    private static TcpEnd? Reason(IcmpErrorKind kind) => kind switch
    {
        IcmpErrorKind.NetworkUnreachable => TcpEnd.NetworkUnreachable,
        IcmpErrorKind.HostUnreachable or IcmpErrorKind.AdministrativelyProhibited or IcmpErrorKind.TimeExceeded
            => TcpEnd.HostUnreachable,
        IcmpErrorKind.PortUnreachable or IcmpErrorKind.ProtocolUnreachable => TcpEnd.Refused,
        _ => null,
    };
}
