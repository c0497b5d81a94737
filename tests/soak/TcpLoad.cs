using System.Net.Sockets;

namespace Onetun.Soak;

/// <summary>Clients that connect, do one of the things that a connection can do, and connect again, until they are told to end.</summary>
internal sealed class TcpLoad(Routes routes, Disturbances disturbances, Tally tally)
{
    private const int Workers = 24;

    /// <summary>Kernels try SYNs for 127 s (tcp_syn_retries), proxies for one minute; a stopped onetun answers none for 200 s.</summary>
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromMinutes(6);

    /// <summary>Ends when all have done what they had begun, each within the patience of <see cref="Wire"/>.</summary>
    public Task RunAsync(int seed, CancellationToken ending) => Task.WhenAll(
    [
        // One connection of each kind that sees every fault
        .. routes.Standing.Select(route => ConverseAsync(route, new Random(seed++), TimeSpan.MaxValue, ending)),
        .. Enumerable.Range(0, Workers).Select(_ => WorkAsync(new Random(seed++), ending)),
    ]);

    /// <summary>A request and its answer, by that route.</summary>
    public Task<bool> AskAsync(Route route, Random random) =>
        StreamAsync("request", route, new Request(RequestKind.Both, false, Seed(random), random.Next(1, 2_000), random.Next(1, 20_000)));

    private async Task WorkAsync(Random random, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            await OneAsync(random, ending);
            await PauseAsync(TimeSpan.FromMilliseconds(random.Next(500)), ending);
        }
    }

    private Task OneAsync(Random random, CancellationToken ending)
    {
        var route = routes.Open[random.Next(routes.Open.Count)];
        return random.Next(100) switch
        {
            < 45 => AskAsync(route, random),
            < 60 => StreamAsync("stream", route, new Request(RequestKind.Both, false, Seed(random), Size(random), Size(random))),
            < 70 => StreamAsync("half-close", route, new Request(RequestKind.AfterEnd, false, Seed(random), Size(random), Size(random))),
            < 77 => StreamAsync("slow reader", route, Slow(random), isSlow: true),
            < 82 => StreamAsync("slow service", route, Slow(random) with { Slow = true }),
            < 92 => ConverseAsync(route, random, TimeSpan.FromSeconds(random.Next(5, 180)), ending),
            _ => BeRefusedAsync(routes.Closed[random.Next(routes.Closed.Count)]),
        };
    }

    private static ulong Seed(Random random) => (ulong)random.NextInt64();

    // As many of 1 KB as of 32 MB
    private static long Size(Random random) => (long)(1000 * Math.Pow(2, 15 * random.NextDouble()));

    private static Request Slow(Random random) =>
        new(RequestKind.Both, false, Seed(random), random.Next(1, 3_000_000), random.Next(1, 3_000_000));

    /// <summary>What a request says.</summary>
    private Task<bool> StreamAsync(string name, Route route, Request request, bool isSlow = false) =>
        JudgeAsync(new Attempt(name, route), async wire =>
        {
            await wire.SendAsync(request.ToBytes());
            var up = Task.Run(async () =>
            {
                await wire.SendPatternAsync(request.Seed, 0, request.Up);
                wire.End();
            });
            await wire.ReceivePatternAsync(request.Seed + 1, 0, request.Down, isSlow);
            await wire.ReceiveEndAsync();
            await up;
        });

    /// <summary>Some bytes to and fro, then silence, and again.</summary>
    private Task<bool> ConverseAsync(Route route, Random random, TimeSpan length, CancellationToken ending) =>
        JudgeAsync(new Attempt("conversation", route), async wire =>
        {
            var end = length == TimeSpan.MaxValue ? length : Disturbances.Now + length;
            var request = new Request(RequestKind.Echo, false, Seed(random), 0, 0);
            await wire.SendAsync(request.ToBytes());
            long position = 0;
            do
            {
                var next = random.Next(1, 8_000);
                await wire.SendPatternAsync(request.Seed, position, next);
                await wire.ReceivePatternAsync(request.Seed, position, next);
                position += next;
                await PauseAsync(TimeSpan.FromSeconds(30 * Math.Pow(random.NextDouble(), 3)), ending);
            }
            while (Disturbances.Now < end && !ending.IsCancellationRequested);

            wire.End();
            await wire.ReceiveEndAsync();
        });

    private async Task BeRefusedAsync(Route route)
    {
        var attempt = new Attempt("refusal", route);
        tally.Connected();
        try
        {
            using var limit = new CancellationTokenSource(ConnectPatience);
            using var socket = await route.ConnectAsync(limit.Token);
            var length = await socket.ReceiveAsync(new byte[1], limit.Token);
            Explain(attempt, $"{length} bytes came instead of a refusal");
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset)
        {
            tally.Refused();
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            Explain(attempt, error.Message);
        }
    }

    private async Task<bool> JudgeAsync(Attempt attempt, Func<Wire, Task> useAsync)
    {
        tally.Connected();
        Wire? wire = null;
        try
        {
            using var limit = new CancellationTokenSource(ConnectPatience);
            wire = new Wire(await attempt.Route.ConnectAsync(limit.Token), tally);
            await useAsync(wire);
            wire.Dispose();
            return true;
        }
        catch (WrongBytesException error) when (!(error.IsEnd && attempt.Route.HidesBreaks))
        {
            tally.Wrong($"{attempt}: {error.Message}");
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or WrongBytesException)
        {
            attempt.Stood = wire?.HasReceived == true;
            Explain(attempt, error is OperationCanceledException ? "nothing moves any more" : error.Message);
        }

        wire?.Abort();
        return false;
    }

    private void Explain(Attempt attempt, string reason)
    {
        if (disturbances.Explanation(attempt) is { } fault)
        {
            tally.Explained($"{attempt}: {reason}", fault);
        }
        else
        {
            tally.Broken($"{attempt}: {reason}");
        }
    }

    private static Task PauseAsync(TimeSpan time, CancellationToken ending) =>
        Task.Delay(time, ending).ContinueWith(_ => { }, TaskScheduler.Default);
}
