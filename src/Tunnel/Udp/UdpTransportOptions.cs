using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel;

/// <summary>The UDP socket that encrypted datagrams go by.</summary>
public sealed record UdpTransportOptions
{
    /// <summary>Where it is bound. Default null: any address and port; peers may then have IPv4 and IPv6 endpoints.</summary>
    public IPEndPoint? BindEndPoint { get; init; }

    /// <summary>
    /// The interface that datagrams leave and come by (Linux: SO_BINDTODEVICE; macOS: IP_BOUND_IF), whatever the routing table says.
    /// Default null: any.
    /// </summary>
    public string? BindInterface { get; init; }

    /// <summary>
    /// The mark of datagrams, by which Linux's routing rules and firewalls know them (SO_MARK); needs CAP_NET_ADMIN. Default 0: none.
    /// </summary>
    public uint FirewallMark { get; init; }

    /// <summary>
    /// Datagrams go and come in trains where the system can (Linux: UDP_SEGMENT, UDP_GRO); default true. Off, for the few kernels and
    /// network cards that spoil them, it costs about half the speed.
    /// </summary>
    public bool Offload { get; init; } = true;

    /// <summary>
    /// Bytes asked of the system for each of the two socket buffers, more than zero; it may grant less. Default 7 MiB, as wireguard-go
    /// asks; the usual default of 208 KiB is 140 full datagrams, less than one turn of a fast sender.
    /// </summary>
    public int SocketBuffer { get; init; } = 7 << 20;

    /// <summary>
    /// Largest datagram that can be received, bytes; what is larger is dropped and counted, except that a receiver
    /// with UDP_GRO always has room for 65,535. Default 65,535.
    /// </summary>
    internal int MaxDatagram { get; init; } = ushort.MaxValue;

    /// <summary>
    /// Hears of each failed call but those for want of room or for the length of a datagram; default nobody. Of ICMP errors the system
    /// tells a socket that is connected.
    /// </summary>
    internal Action<SocketError>? Failed { get; init; }

    internal OuterRoute Route => new(BindInterface, FirewallMark);
}
