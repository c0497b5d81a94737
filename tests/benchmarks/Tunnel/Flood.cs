using System.Diagnostics;
using System.Net;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.WireGuard;
using PacketDotNet;
using static System.FormattableString;

namespace Onetun.Benchmarks.Tunnel;

/// <summary>
/// <c>flood</c>: how many full datagrams one thread of a tunnel seals and sends, and how many one receives, opens and gives to the
/// stack, on loopback and without TCP. Nobody takes what is sent; what is received was sealed before, in 1.2 GB of memory. Processors
/// are those of the whole process: with another thread for what is received, which sends it.
/// </summary>
internal static class Flood
{
    private const int Port = 9;
    private const int SealedLength = 1420 + Device.Overhead;
    private const int Together = 120; // Datagrams of one turn
    private const int Batches = 6000; // 1.2 GB
    private const int Ahead = 10; // Batches that fit into the socket's buffer

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(5);
    private static readonly IPAddress Near = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress Far = IPAddress.Parse("10.0.0.2");
    private static readonly byte[] Payload = new byte[1392]; // With their headers 1,420

    public static async Task RunAsync()
    {
        using var nearKey = PrivateKey.Generate();
        using var farKey = PrivateKey.Generate();
        using var far = new FarEnd(farKey, nearKey.PublicKey);
        await using var tunnel = await WireGuardTunnel.StartAsync(new TunnelOptions
        {
            PrivateKey = nearKey,
            Addresses = [Near],
            Peers =
            [
                new PeerOptions
                {
                    PublicKey = farKey.PublicKey,
                    EndPoint = far.EndPoint,
                    AllowedIPs = [new IPNetwork(IPAddress.Any, 0)],
                    PersistentKeepalive = TimeSpan.FromSeconds(25), // With it, it has reason to begin
                },
            ],
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
        });
        far.Meet();
        Send(tunnel);
        Receive(tunnel, far);
    }

    private static void Send(WireGuardTunnel tunnel)
    {
        var socket = tunnel.ConnectUdp(new IPEndPoint(Far, Port));
        for (var round = 0; round < 2; round++) // The first is compiled while it runs
        {
            var before = tunnel.Peers[0].SentBytes;
            var (watch, busy) = (Stopwatch.StartNew(), Busy());
            while (watch.Elapsed < Time)
            {
                tunnel.SendTogether(socket, static socket =>
                {
                    for (var i = 0; i < Together; i++)
                    {
                        socket.Send(Payload);
                    }
                });
            }

            Print("sent", round, (tunnel.Peers[0].SentBytes - before) / SealedLength, watch.Elapsed, Busy() - busy);
        }
    }

    private static void Receive(WireGuardTunnel tunnel, FarEnd far)
    {
        _ = tunnel.ListenUdp(Port);
        var udp = new UdpPacket(Port, Port) { PayloadData = Payload };
        var ip = new IPv4Packet(Far, Near) { PayloadPacket = udp };
        udp.UpdateCalculatedValues();
        udp.UpdateUdpChecksum();
        ip.UpdateIPChecksum();
        var packet = ip.Bytes;
        using var transport = far.OpenTransport();
        var sealedBatches = new Queue<DatagramBatch>(Enumerable.Range(0, Batches).Select(_ => far.Seal(packet, tunnel.LocalEndPoint)));
        for (var round = 0; round < 2; round++)
        {
            var before = tunnel.Peers[0].ReceivedBytes;
            var (watch, busy) = (Stopwatch.StartNew(), Busy());
            var expected = before;
            for (var i = 0; i < Batches / 2; i++)
            {
                var batch = sealedBatches.Dequeue();
                transport.Send(batch);
                expected += batch.Length;
                if (!SpinWait.SpinUntil(() => tunnel.Peers[0].ReceivedBytes >= expected - (Ahead * batch.Length), TimeSpan.FromMilliseconds(10)))
                {
                    expected = tunnel.Peers[0].ReceivedBytes; // What is missing has been dropped
                }
            }

            Print("received", round, (tunnel.Peers[0].ReceivedBytes - before) / SealedLength, watch.Elapsed, Busy() - busy);
        }
    }

    private static TimeSpan Busy() => Environment.CpuUsage.TotalTime;

    private static void Print(string what, int round, long datagrams, TimeSpan time, TimeSpan busy) => Console.WriteLine(Invariant(
        $"{what}{(round == 0 ? ", compiling" : "")}: {datagrams / time.TotalSeconds:N0} a second, {datagrams * Payload.Length * 8 / time.TotalSeconds / 1e9:F1} Gbit/s, by {busy / time:F1} processors"));
}
