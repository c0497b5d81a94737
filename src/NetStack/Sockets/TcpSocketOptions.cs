namespace Onetun.NetStack;

/// <summary>
/// What may differ from connection to connection. A new one has its stack's <see cref="TcpOptions.Socket"/>, and is given others by
/// <c>socket.Options = socket.Options with { Nagle = true }</c>. A value out of range throws
/// <see cref="ArgumentOutOfRangeException"/> where it is set.
/// </summary>
public sealed record TcpSocketOptions
{
    /// <summary>A segment of the smallest size that every host takes (RFC 9293 §3.7.1).</summary>
    internal const int SmallestReceiveBuffer = 536;

    /// <summary>
    /// Segments that are not full wait until everything before them is acknowledged (RFC 9293 §3.7.4). Default false: an
    /// application that writes to a pipe flushes when data is to be sent.
    /// </summary>
    public bool Nagle { get; init; }

    /// <summary>
    /// After how long without anything received a connection is probed, to be ended after nine probes without an answer, 75 s apart.
    /// Not negative; zero is never. Default 2 hours; a half-closed connection is probed after a minute, if at all. RFC 9293 §3.8.4
    /// would have keepalives off, but nothing else would notice a peer that is gone.
    /// </summary>
    public TimeSpan KeepAlive
    {
        get;
        init => field = OptionRange.AtLeast(TimeSpan.Zero, value);
    } = TimeSpan.FromHours(2);

    /// <summary>
    /// How long data may stay unacknowledged before the connection is ended (RFC 5482); not negative. Default zero: it ends after
    /// 15 retransmissions, about 9 minutes on a short path.
    /// </summary>
    public TimeSpan UserTimeout
    {
        get;
        init => field = OptionRange.AtLeast(TimeSpan.Zero, value);
    }

    /// <summary>
    /// Largest receive window, bytes, at least 536, the smallest segment that every host takes. Default 16 MiB less what a shifted
    /// 16-bit field cannot say. A window already offered is not taken back, and on a single connection values above the stack's
    /// have no effect, because its window scale was fixed by the handshake. A peer that was offered more before sends windows of less
    /// than two segments one by one, each after its override timeout (RFC 9293 §3.8.6.2.1).
    /// </summary>
    public int MaxReceiveBuffer
    {
        get;
        init => field = OptionRange.AtLeast(SmallestReceiveBuffer, value);
    } = 65535 << 8;

    /// <summary>
    /// How long <see cref="TcpSocket.DisposeAsync"/> waits until the peer has acknowledged all that was written; not negative. Default zero: it does not
    /// wait, and what was written is still delivered behind its back.
    /// </summary>
    public TimeSpan Linger
    {
        get;
        init => field = OptionRange.AtLeast(TimeSpan.Zero, value);
    }

    /// <summary>
    /// Largest send buffer, bytes, at least 1: writes wait while more is unacknowledged. Default 20 MiB: 16 MiB in flight, and what
    /// is to follow. Within it the buffer grows with what the path carries in a round trip, from
    /// <see cref="TcpOptions.InitialSendBuffer"/> on.
    /// </summary>
    public int MaxSendBuffer
    {
        get;
        init => field = OptionRange.AtLeast(1, value);
    } = 20 * 1024 * 1024;
}
