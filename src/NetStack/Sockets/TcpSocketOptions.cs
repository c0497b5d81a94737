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
    /// Segments smaller than a full one wait until all before them is acknowledged (RFC 9293 §3.7.4). Default false, for
    /// whoever writes to a pipe flushes when he means it.
    /// </summary>
    public bool Nagle { get; init; }

    /// <summary>
    /// A connection on which nothing came for so long is probed, and ended after nine probes without answer, 75 s apart. Zero is
    /// never; not negative. Default 2 hours; a connection that is half closed is probed after a minute, if at all. RFC 9293 §3.8.4
    /// would have it off, but a forwarder has nobody else to notice a peer that is gone.
    /// </summary>
    public TimeSpan KeepAlive
    {
        get;
        init => field = OptionRange.AtLeast(TimeSpan.Zero, value);
    } = TimeSpan.FromHours(2);

    /// <summary>
    /// Data that was not acknowledged for so long ends its connection (RFC 5482); not negative. Default zero: 15 retransmissions
    /// do (about 9 minutes on a short path).
    /// </summary>
    public TimeSpan UserTimeout
    {
        get;
        init => field = OptionRange.AtLeast(TimeSpan.Zero, value);
    }

    /// <summary>
    /// Largest receive window, bytes, at least 536, the smallest segment that every host takes. Default 16 MiB less what a shifted
    /// 16-bit field cannot say. What was offered already is not taken back; on one connection, a value beyond that of its stack,
    /// which the peer was told the scale of, has no effect.
    /// </summary>
    public int MaxReceiveBuffer
    {
        get;
        init => field = OptionRange.AtLeast(SmallestReceiveBuffer, value);
    } = 65535 << 8;

    /// <summary>
    /// Bound of what may wait unacknowledged before writes wait, bytes, at least 1. Default 20 MiB: a window of 16 MiB in flight, and
    /// what waits to follow. Below it that grows with what the path takes in a round trip, from
    /// <see cref="TcpOptions.InitialSendBuffer"/> on.
    /// </summary>
    public int MaxSendBuffer
    {
        get;
        init => field = OptionRange.AtLeast(1, value);
    } = 20 * 1024 * 1024;
}
