using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel;

/// <summary>The options of the UDP socket through which a tunnel sends and receives WireGuard's datagrams.</summary>
public sealed record UdpTransportOptions
{
    /// <summary>
    /// The local address and port that the socket is bound to. Default null: any address and port, so that peers may have IPv4
    /// and IPv6 endpoints. Port 0 is any port.
    /// </summary>
    public IPEndPoint? BindEndPoint { get; init; }

    /// <summary>
    /// The name of the network interface that datagrams leave and arrive by, whatever the routing table says (Linux:
    /// SO_BINDTODEVICE; macOS: IP_BOUND_IF); other systems cannot do it, and the tunnel does not start. Default null: any.
    /// </summary>
    public string? BindInterface { get; init; }

    /// <summary>
    /// The mark on datagrams by which Linux's routing rules and firewalls recognize them (SO_MARK). It needs CAP_NET_ADMIN or
    /// CAP_NET_RAW; without them, and on other systems, the tunnel does not start. Default 0: none.
    /// </summary>
    public uint FirewallMark { get; init; }

    /// <summary>
    /// Whether datagrams are sent and received in trains where the system can do that (Linux: UDP_SEGMENT, UDP_GRO). Default
    /// true. Off, for the few kernels and network cards that damage them, costs about half the speed.
    /// </summary>
    public bool Offload { get; init; } = true;

    /// <summary>
    /// Bytes asked of the system for each of the two socket buffers, more than zero; it may grant less. Default 7 MiB, which is
    /// what wireguard-go asks for; Linux's usual default of 208 KiB holds 140 full datagrams, less than a fast sender sends at
    /// once.
    /// </summary>
    public int SocketBuffer
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value, nameof(SocketBuffer));
            field = value;
        }
    } = 7 << 20;

    /// <summary>
    /// The longest datagram that can be received, bytes; longer ones are dropped and counted, except that a receiver with UDP_GRO
    /// always has room for 65,535. Default 65,535.
    /// </summary>
    internal int MaxDatagram { get; init; } = ushort.MaxValue;

    /// <summary>
    /// Called for each failed call, unless it failed for lack of room or for the length of a datagram. Default null: nobody is
    /// told. The system reports ICMP errors only to a connected socket.
    /// </summary>
    internal Action<SocketError>? Failed { get; init; }

    /// <summary>
    /// Whether a send waits, up to 40 ms a batch, for room in a full socket buffer of Linux. Default true; if not, what finds no
    /// room is lost at once, as on any path that is full.
    /// </summary>
    internal bool WaitsForRoom { get; init; } = true;

    /// <summary>
    /// The most messages that one call takes or gives, at least 1; fewer where the transport has no use for so many. Each costs some 200
    /// bytes for as long as the transport lives. Default 64.
    /// </summary>
    internal int MostMessages { get; init; } = 64;

    /// <summary>All addresses of this machine, and a port of it; 0 is any.</summary>
    internal static IPEndPoint Anywhere(int port) => new(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port);

    internal OuterRoute Route => new(BindInterface, FirewallMark);
}
