namespace Onetun.NetStack;

/// <summary>How a stack speaks TCP. A value out of range throws <see cref="ArgumentOutOfRangeException"/> where it is set.</summary>
public sealed record TcpOptions
{
    /// <summary>The options of a new connection; each can be given its own.</summary>
    public TcpSocketOptions Socket
    {
        get;
        init => field = OptionRange.NotNull(value);
    } = new();

    /// <summary>Timestamps (RFC 7323 §3) are offered and taken. Default true.</summary>
    public bool Timestamps { get; init; } = true;

    /// <summary>
    /// Selective acknowledgments (RFC 2018) are offered and taken. Default true; off is for tests, and for paths that break them.
    /// </summary>
    public bool SelectiveAcknowledgments { get; init; } = true;

    /// <summary>
    /// Windows beyond 64 KiB (RFC 7323 §2) are offered and taken. Default true; off is for tests, and for paths that break them.
    /// </summary>
    public bool WindowScaling { get; init; } = true;

    /// <summary>
    /// Explicit congestion notification (RFC 3168) is offered and taken. Default false, for some paths drop SYNs that offer it,
    /// which costs a second each. Data packets then tell routers that they may mark instead of drop; those of
    /// <see cref="CongestionControl.Bbr"/> do not, for it has no answer to marks, but it echoes those that the peer's packets get.
    /// </summary>
    public bool ExplicitCongestionNotification { get; init; }

    /// <summary>The congestion control of every connection. Default <see cref="CongestionControl.Cubic"/>.</summary>
    public CongestionControl CongestionControl
    {
        get;
        init => field = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(CongestionControl), value, "There is no such congestion control.");
    } = CongestionControl.Cubic;

    /// <summary>
    /// Whether <see cref="CongestionControl.Cubic"/> and <see cref="CongestionControl.NewReno"/> pace a window over the round trip.
    /// Default true. Otherwise segments leave as ACKs allow, and a burst of ACKs releases more at once than a WireGuard in user space
    /// has room for (208 KiB in Linux): over 100 ms of 1 Gbit/s a wireguard-go gets 29 to 35 Mbit/s then, and 93 to 131 paced.
    /// <see cref="CongestionControl.Bbr"/> always paces.
    /// </summary>
    public bool Pacing { get; init; } = true;

    /// <summary>
    /// How long the opening of a connection may take, in either direction, retransmitted SYNs included; more than zero. Default a
    /// minute: RFC 9293 MUST-23 wants three, but a client that is forwarded has given up by then.
    /// </summary>
    public TimeSpan HandshakeTimeout
    {
        get;
        init => field = OptionRange.AtLeast(TimeSpan.FromTicks(1), value);
    } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Receive window of a new connection, bytes, at least 536. Default 128 KiB. It grows with the path, up to
    /// <see cref="TcpSocketOptions.MaxReceiveBuffer"/>.
    /// </summary>
    public int InitialReceiveBuffer
    {
        get;
        init => field = OptionRange.AtLeast(TcpSocketOptions.SmallestReceiveBuffer, value);
    } = 128 * 1024;

    /// <summary>
    /// Send buffer of a new connection, bytes, at least 1: writes wait while more is unacknowledged. Default 128 KiB. It grows with
    /// the path, up to <see cref="TcpSocketOptions.MaxSendBuffer"/>.
    /// </summary>
    public int InitialSendBuffer
    {
        get;
        init => field = OptionRange.AtLeast(1, value);
    } = 128 * 1024;

    /// <summary>
    /// What the buffers of all connections may hold together, bytes; not negative. Default a quarter of what the process may have,
    /// and at least 64 MiB. Beyond it windows and buffers are small, and an orphaned connection that only waits for a peer with
    /// a closed window is reset.
    /// </summary>
    public long BufferMemory
    {
        get;
        init => field = OptionRange.AtLeast(0, value);
    } = Math.Max(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4, 64 * 1024 * 1024);

    /// <summary>Connections at once, those in TIME-WAIT included; at least 1. Default 65,536. Beyond it SYNs are dropped.</summary>
    public int MaxConnections
    {
        get;
        init => field = OptionRange.AtLeast(1, value);
    } = 65_536;

    /// <summary>
    /// Connections that a listener holds until they are accepted, and as many half-open ones; at least 1. Default 1,024. Beyond the
    /// latter, SYNs are answered with cookies (RFC 4987 §3.6).
    /// </summary>
    public int Backlog
    {
        get;
        init => field = OptionRange.AtLeast(1, value);
    } = 1024;

    /// <summary>When data is acknowledged; others than the default are what other stacks do.</summary>
    internal AckPolicy Acknowledgments { get; init; } = AckPolicy.Default;

    /// <summary>
    /// Makes congestion controls of a seed in place of those that <see cref="CongestionControl"/> names: what other stacks do.
    /// </summary>
    internal Func<uint, ICongestionControl>? Congestion { get; init; }
}
