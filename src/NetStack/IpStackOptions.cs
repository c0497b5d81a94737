namespace Onetun.NetStack;

/// <summary>What an <see cref="IpStack"/> is made of.</summary>
public sealed record IpStackOptions
{
    /// <summary>A segment of the smallest size that every host takes (RFC 9293 §3.7.1).</summary>
    internal const int SmallestReceiveBuffer = 536;

    /// <summary>
    /// Our addresses, at least one; an IPAddress is one without a network. Packets to others are dropped, and of several
    /// <see cref="InterfaceAddress.SourceFor"/> says which one a host is talked to from.
    /// </summary>
    public required IReadOnlyList<InterfaceAddress> Addresses { get; init; }

    /// <summary>
    /// 32 random bytes, secret: sequence numbers (RFC 6528), ports (RFC 6056), timestamps (RFC 7323 §5.4) and the seed of
    /// the flow table come from it.
    /// </summary>
    public required ReadOnlyMemory<byte> Secret { get; init; }

    /// <summary>Largest packet, bytes; default 1420.</summary>
    public int Mtu { get; init; } = 1420;

    /// <summary>TCP timestamps (RFC 7323) are offered; default true.</summary>
    public bool Timestamps { get; init; } = true;

    /// <summary>Selective acknowledgments (RFC 2018) are offered and taken; default true. Off is for tests, and for paths that break them.</summary>
    public bool SelectiveAcknowledgments { get; init; } = true;

    /// <summary>
    /// Windows beyond 64 KiB (RFC 7323 §2) are offered and taken; default true. Off is for tests, and for paths that break them.
    /// </summary>
    public bool WindowScaling { get; init; } = true;

    /// <summary>
    /// Explicit congestion notification (RFC 3168) is offered and taken; default false, for some paths drop SYNs that offer it,
    /// and cost a second each. Packets of data then say that routers may mark them instead of dropping them; not those of
    /// <see cref="CongestionControl.Bbr"/>, which has no answer to marks but tells the peer of its own.
    /// </summary>
    public bool ExplicitCongestionNotification { get; init; }

    /// <summary>Of every connection; default <see cref="CongestionControl.Cubic"/>.</summary>
    public CongestionControl CongestionControl { get; init; } = CongestionControl.Cubic;

    /// <summary>
    /// Segments of <see cref="CongestionControl.Cubic"/> and <see cref="CongestionControl.NewReno"/> are spread over the
    /// round trip; else they leave as ACKs allow, and ACKs come in heaps that let more out at once than a WireGuard in user
    /// space has room for (208 KiB in Linux): over 100 ms of 1 Gbit/s to a wireguard-go 29 to 35 Mbit/s arrive then, spread 93
    /// to 131. Default true.
    /// </summary>
    public bool Pacing { get; init; } = true;

    /// <summary>
    /// Segments smaller than a full one wait until all before them is acknowledged (RFC 9293 §3.7.4); default false, for
    /// whoever writes to a pipe flushes when he means it.
    /// </summary>
    public bool Nagle { get; init; }

    /// <summary>
    /// A connection on which nothing came for so long is probed, and ended after nine probes without answer, 75 s apart;
    /// default 2 hours, zero never. One that is half closed is probed after a minute, if at all. RFC 9293 §3.8.4 would have it
    /// off; but who forwards has nobody else to notice a peer that is gone.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromHours(2);

    /// <summary>
    /// Data that was not acknowledged for so long ends its connection (RFC 5482); default zero, 15 retransmissions do
    /// (about 9 minutes on a short path).
    /// </summary>
    public TimeSpan UserTimeout { get; init; }

    /// <summary>
    /// How long the opening of a connection may take, either way, with its SYNs sent again; default a minute, more than zero.
    /// RFC 9293 MUST-23 wants three minutes, but whoever's connection is forwarded has given up by then.
    /// </summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Receive window of a new connection, bytes; default 128 KiB. Grows with the path.</summary>
    public int InitialReceiveBuffer { get; init; } = 128 * 1024;

    /// <summary>Largest receive window, bytes; at least 536; default 16 MiB less what a shifted 16-bit field cannot say.</summary>
    public int MaxReceiveBuffer { get; init; } = 65535 << 8;

    /// <summary>What may wait unacknowledged before writes wait, bytes; default 128 KiB. Grows with the path.</summary>
    public int InitialSendBuffer { get; init; } = 128 * 1024;

    /// <summary>Bound of the former, bytes; default 20 MiB: a window of 16 MiB in flight, and what waits to follow.</summary>
    public int MaxSendBuffer { get; init; } = 20 * 1024 * 1024;

    /// <summary>
    /// What the buffers of all TCP connections may hold, bytes; default a quarter of what the process may have, and at least
    /// 64 MiB. Beyond it windows and buffers are small, and a connection that was let go of and only waits for a peer with a closed
    /// window is reset.
    /// </summary>
    public long BufferMemory { get; init; } =
        Math.Max(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4, 64 * 1024 * 1024);

    /// <summary>When data is acknowledged; others than the default are what other stacks do.</summary>
    internal AckPolicy Acknowledgments { get; init; } = AckPolicy.Default;

    /// <summary>Connections at once, those in TIME-WAIT included; default 65,536. Beyond it SYNs are dropped.</summary>
    public int MaxConnections { get; init; } = 65_536;

    /// <summary>UDP flows at once; default 65,536.</summary>
    public int MaxUdpFlows { get; init; } = 65_536;

    /// <summary>Unread datagrams of one UDP flow, bytes; default 256 KiB. Beyond it the newest is dropped.</summary>
    public int UdpReceiveBuffer { get; init; } = 256 * 1024;

    /// <summary>
    /// Unread datagrams of all UDP flows, bytes; default 64 MiB, or 256 flows that nobody reads. Beyond it the newest is dropped.
    /// </summary>
    public int UdpReceiveMemory { get; init; } = 64 * 1024 * 1024;

    /// <summary>Connections a listener holds before they are accepted, and as many half-open ones; default 1,024. Beyond the latter
    /// SYNs are answered with cookies.</summary>
    public int Backlog { get; init; } = 1024;

    /// <summary>Throws for the first option that is out of range, by its name.</summary>
    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Addresses);
        ArgumentOutOfRangeException.ThrowIfZero(Addresses.Count, nameof(Addresses));
        ArgumentOutOfRangeException.ThrowIfLessThan(Mtu, 576, nameof(Mtu));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Mtu, 65535, nameof(Mtu));
        ArgumentOutOfRangeException.ThrowIfLessThan(KeepAlive, TimeSpan.Zero, nameof(KeepAlive));
        ArgumentOutOfRangeException.ThrowIfLessThan(UserTimeout, TimeSpan.Zero, nameof(UserTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(HandshakeTimeout, TimeSpan.Zero, nameof(HandshakeTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(InitialReceiveBuffer, SmallestReceiveBuffer, nameof(InitialReceiveBuffer));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxReceiveBuffer, SmallestReceiveBuffer, nameof(MaxReceiveBuffer));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(InitialSendBuffer, nameof(InitialSendBuffer));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxSendBuffer, nameof(MaxSendBuffer));
        ArgumentOutOfRangeException.ThrowIfNegative(BufferMemory, nameof(BufferMemory));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxConnections, nameof(MaxConnections));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxUdpFlows, nameof(MaxUdpFlows));
        ArgumentOutOfRangeException.ThrowIfNegative(UdpReceiveBuffer, nameof(UdpReceiveBuffer));
        ArgumentOutOfRangeException.ThrowIfNegative(UdpReceiveMemory, nameof(UdpReceiveMemory));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Backlog, nameof(Backlog));
        if (!Enum.IsDefined(CongestionControl))
        {
            throw new ArgumentOutOfRangeException(nameof(CongestionControl), CongestionControl, "There is no such congestion control.");
        }
    }
}
