using System.Net.Sockets;

namespace Onetun.Tunnel;

/// <summary>How a UDP transport is set up.</summary>
internal sealed record UdpTransportOptions
{
    /// <summary>What datagrams leave by. Default: whatever the routing table says.</summary>
    public OuterRoute Route { get; init; } = new();

    /// <summary>
    /// Whether trains of datagrams cross the system boundary as one (UDP_SEGMENT, UDP_GRO) where the system can.
    /// Default true. Off is for the few kernels and virtual network cards that corrupt such trains.
    /// </summary>
    public bool Offload { get; init; } = true;

    /// <summary>
    /// Bytes asked of the system for each of the two socket buffers; it may grant less. Default 7 MiB, as wireguard-go
    /// asks; the usual default of 208 KiB is 140 full datagrams, less than one turn of a fast sender.
    /// </summary>
    public int SocketBuffer { get; init; } = 7 << 20;

    /// <summary>
    /// Largest datagram that can be received, bytes; what is larger is dropped and counted, except that a receiver
    /// with UDP_GRO always has room for 65,535. Default 65,535.
    /// </summary>
    public int MaxDatagram { get; init; } = ushort.MaxValue;

    /// <summary>
    /// Hears of each failed call but those for want of room; default nobody. Of ICMP errors the system tells a socket that is
    /// connected.
    /// </summary>
    public Action<SocketError>? Failed { get; init; }
}
