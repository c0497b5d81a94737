using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Onetun.Soak;

/// <summary>A way of datagrams through onetun to the echo behind it.</summary>
internal sealed record DatagramRoute(string Name, Func<CancellationToken, Task<DatagramFlow>> OpenAsync)
{
    // Below those that systems give out (32,768)
    private const int FirstPort = 10_000;
    private const int Ports = 20_000;

    private static int s_opened;

    public static DatagramRoute To(IPEndPoint forward) =>
        new($"UDP forward {forward.Port}", _ => Task.FromResult(new DatagramFlow(New(forward), [], null)));

    public static DatagramRoute From(Network far, IPEndPoint remote) =>
        new($"UDP remote {remote.Port}", _ => Task.FromResult(new DatagramFlow(far.Open(() => New(remote)), [], null)));

    /// <summary>RFC 1928 §7: every datagram has a head with the address at the other end.</summary>
    public static DatagramRoute Socks5(int proxy, IPEndPoint destination) => new("UDP by SOCKS5", async limit =>
    {
        var control = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var socket = New();
        try
        {
            await control.ConnectAsync(new IPEndPoint(IPAddress.Loopback, proxy), limit);
            var relay = await Route.SocksRequestAsync(control, 3, new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)socket.LocalEndPoint!).Port), limit);
            await socket.ConnectAsync(relay, limit);
        }
        catch
        {
            socket.Dispose();
            control.Dispose();
            throw;
        }

        byte[] head = [0, 0, 0, 1, .. destination.Address.GetAddressBytes(), 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(8), (ushort)destination.Port);
        return new DatagramFlow(socket, head, control);
    });

    private static Socket New(IPEndPoint remote)
    {
        var socket = New();
        socket.Connect(remote);
        return socket;
    }

    /// <summary>With a port that none has had: what comes late, after its flow has ended, is not another's then.</summary>
    private static Socket New()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Any, FirstPort + (Interlocked.Increment(ref s_opened) % Ports)));
        return socket;
    }
}

/// <summary>A socket, what stands before each datagram both ways, and the connection that keeps it open, if one does.</summary>
internal sealed record DatagramFlow(Socket Socket, byte[] Head, Socket? Control) : IDisposable
{
    public void Dispose()
    {
        Socket.Dispose();
        Control?.Dispose();
    }
}
