using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Onetun.Soak;

/// <summary>Flows of datagrams that are echoed. They may be lost; none may be changed, doubled or another's.</summary>
internal sealed class DatagramLoad(Routes routes, Disturbances disturbances, Tally tally)
{
    private const int Workers = 6;
    private const int Number = sizeof(long);

    /// <summary>The largest is fragmented inside the tunnel.</summary>
    private const int Largest = 4000;

    /// <summary>5 % of loss take one answer in ten; that all of them get lost has a chance of 1 in 10^20.</summary>
    private const int Enough = 20;

    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan OpenPatience = TimeSpan.FromMinutes(6);

    public static Socket Listen(IPEndPoint local)
    {
        var socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(local);
        return socket;
    }

    public static async Task EchoAsync(Socket socket)
    {
        var buffer = new byte[65_536];
        var sender = new SocketAddress(socket.AddressFamily);
        while (true)
        {
            try
            {
                var length = await socket.ReceiveFromAsync(buffer, SocketFlags.None, sender);
                await socket.SendToAsync(buffer.AsMemory(0, length), SocketFlags.None, sender);
            }
            catch (SocketException)
            {
                // The way back is gone for the moment: lost, as datagrams are
            }
        }
    }

    public Task RunAsync(int seed, CancellationToken ending) =>
        Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => WorkAsync(new Random(seed++), ending)));

    private async Task WorkAsync(Random random, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            var route = routes.Datagrams[random.Next(routes.Datagrams.Count)];
            var attempt = new Attempt("flow", new Route(route.Name, _ => throw new NotSupportedException()));
            try
            {
                using var limit = new CancellationTokenSource(OpenPatience);
                using var flow = await route.OpenAsync(limit.Token);
                await UseAsync(flow, attempt, random, ending);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                if (disturbances.Explanation(attempt) is { } fault)
                {
                    tally.Explained($"{attempt}: {error.Message}", fault);
                }
                else
                {
                    tally.Broken($"{attempt}: {error.Message}");
                }
            }
        }
    }

    private async Task UseAsync(DatagramFlow flow, Attempt attempt, Random random, CancellationToken ending)
    {
        var seed = (ulong)random.NextInt64();
        HashSet<long> open = [];
        using var closing = new CancellationTokenSource();
        var receiving = ReceiveAsync(flow, attempt, seed, open, closing.Token);
        var end = Disturbances.Now + TimeSpan.FromSeconds(random.Next(5, 60));
        var buffer = new byte[flow.Head.Length + Largest];
        flow.Head.CopyTo(buffer, 0);
        long number = 0;
        for (; Disturbances.Now < end && !ending.IsCancellationRequested; number++)
        {
            // Few need fragments
            var length = random.Next(Number, random.Next(20) == 0 ? Largest : 1300);
            var datagram = buffer.AsMemory(flow.Head.Length, length);
            BinaryPrimitives.WriteInt64LittleEndian(datagram.Span, number);
            Pattern.Fill(seed, number << 16, datagram.Span[Number..]);
            lock (open)
            {
                open.Add(number);
            }

            tally.Sent();
            await TrySendAsync(flow.Socket, buffer.AsMemory(0, flow.Head.Length + length));
            await Task.Delay(random.Next(5, 100), CancellationToken.None);
        }

        closing.CancelAfter(Linger);
        var answered = await receiving;
        if (number >= Enough && answered == 0 && disturbances.WasQuiet(attempt.Began))
        {
            tally.Fail($"{attempt}: none of {number} datagrams was answered, and nothing was disturbed");
        }
    }

    // What a closed port or a missing route say of an earlier datagram
    private static async Task TrySendAsync(Socket socket, ReadOnlyMemory<byte> datagram)
    {
        try
        {
            await socket.SendAsync(datagram);
        }
        catch (SocketException)
        {
        }
    }

    private async Task<int> ReceiveAsync(
        DatagramFlow flow, Attempt attempt, ulong seed, HashSet<long> open, CancellationToken closing)
    {
        var buffer = new byte[65_536];
        var answered = 0;
        while (true)
        {
            try
            {
                var length = await flow.Socket.ReceiveAsync(buffer, closing);
                Check(flow, buffer.AsSpan(0, length), seed, open);
                tally.Answered();
                answered++;
            }
            catch (WrongBytesException error)
            {
                tally.Wrong($"{attempt}: {error.Message}");
            }
            catch (SocketException)
            {
            }
            catch (OperationCanceledException)
            {
                return answered;
            }
        }
    }

    private void Check(DatagramFlow flow, ReadOnlySpan<byte> datagram, ulong seed, HashSet<long> open)
    {
        if (datagram.Length < flow.Head.Length + Number || !datagram.StartsWith(flow.Head))
        {
            throw new WrongBytesException($"a datagram of {datagram.Length} bytes has another head");
        }

        datagram = datagram[flow.Head.Length..];
        var number = BinaryPrimitives.ReadInt64LittleEndian(datagram);
        Pattern.Check(seed, number << 16, datagram[Number..]);
        tally.Compared(datagram.Length);
        lock (open)
        {
            if (!open.Remove(number))
            {
                throw new WrongBytesException($"datagram {number} came twice, or was never sent");
            }
        }
    }
}
