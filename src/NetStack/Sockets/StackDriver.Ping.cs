using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>Echo requests.</summary>
public abstract partial class StackDriver
{
    /// <summary>Sends a host an ICMP echo request, and waits for its reply.</summary>
    /// <param name="remote">The address of the host, which may be one of ours.</param>
    /// <param name="timeout">How long to wait, more than zero; <see cref="TimeSpan.MaxValue"/> is no limit.</param>
    /// <param name="length">
    /// The bytes of data that it carries: 0 to the stack's MTU less 28, or 48 for IPv6. Default 56, as of <c>ping</c>.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The round-trip time; in a tunnel that is not up yet it includes the handshake.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout or the length is out of its range.</exception>
    /// <exception cref="SocketException">
    /// No reply came in time; the host is unreachable, or the packet too long for the path (<see cref="SocketError.MessageSize"/>),
    /// as somebody on the way says; no address of ours is of its IP version; 256 requests wait already; or the driver was closed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<TimeSpan> PingAsync(
        IPAddress remote, TimeSpan timeout, int length = 56, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        cancellationToken.ThrowIfCancellationRequested();
        Pending<TimeSpan> reply;
        short version;
        using (var turn = BeginTurn())
        {
            ThrowIfEnded();
            var address = Destination.OfHost(Stack, remote);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(
                length, Stack.Options.Mtu - HeaderPrototype.IpLength(address) - IcmpMessage.HeaderLength);
            var ping = Stack.Ping(turn.Now, address, length, timeout) ?? throw new SocketException(
                (int)SocketError.NoBufferSpaceAvailable, $"{Pings.Capacity} echo requests wait for their replies already.");
            reply = new Pending<TimeSpan>(this, new PingReply(Stack, ping));
            ping.Signal = reply;
            version = reply.Arm(cancellationToken);
        }

        return await reply.Begin(version, cancellationToken).ConfigureAwait(false);
    }

    private sealed class PingReply(IpStack stack, Ping ping) : IPendingOwner<TimeSpan>
    {
        public TimeSpan Finish(CancellationToken cancellationToken)
        {
            if (ping.RoundTrip is { } roundTrip)
            {
                return roundTrip;
            }

            if (ping.Error != SocketError.Success)
            {
                throw new SocketException((int)ping.Error);
            }

            stack.Cancel(ping);
            throw new OperationCanceledException(cancellationToken);
        }
    }
}
