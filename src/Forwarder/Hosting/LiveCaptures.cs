using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Capture;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Hosting;

/// <summary>Captures that other processes of this user ask for while we run.</summary>
/// <param name="addTap">Has somebody watch the tunnel.</param>
/// <param name="logger">What is captured, and by whom it is read, is told there.</param>
internal sealed class LiveCaptures(Func<IPacketTap, IDisposable> addTap, ILogger logger)
{
    /// <summary>One more than there may be captures, to be told that there are too many.</summary>
    public const int MostClients = Most + 1;

    /// <summary>At once; further ones are refused.</summary>
    private const int Most = 8;

    // Whoever asks knows what for, and whoever reads does so at once.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Haste = TimeSpan.FromMilliseconds(300);

    private int _count;

    /// <summary>Sends a capture, to its end.</summary>
    public async Task ServeAsync(Socket client, CancellationToken stopping)
    {
        var count = Interlocked.Increment(ref _count);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            patience.CancelAfter(Patience);
            var (options, refusal) = await ReadAsync(client, patience.Token).ConfigureAwait(false);
            if (options is null || count > Most)
            {
                refusal ??= $"{Most} captures are running already";
                await CaptureProtocol.RefuseAsync(client, refusal, patience.Token).ConfigureAwait(false);
                return;
            }

            await CaptureProtocol.AcceptAsync(client, patience.Token).ConfigureAwait(false);
            await SendAsync(client, options, stopping).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    }

    private static async Task<(PcapOptions? Options, string? Refusal)> ReadAsync(Socket client, CancellationToken cancellationToken)
    {
        try
        {
            return await CaptureProtocol.ReadAsync(client, cancellationToken).ConfigureAwait(false) is { } request
                ? (request.ToOptions($"onetun {StatusSource.Version}"), null)
                : (null, "the request was not understood: the two processes are of different versions");
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            return (null, error.Message);
        }
    }

    private async Task SendAsync(Socket client, PcapOptions options, CancellationToken stopping)
    {
        var stream = new NetworkStream(client, ownsSocket: false);
        await using (stream.ConfigureAwait(false))
        {
            var writer = new PcapWriter(stream, "another process", options);
            logger.LiveCaptureBegan(options.Filter?.ToString() ?? "everything");
            if (options.Layers.HasFlag(TapLayers.Keys))
            {
                logger.LiveCaptureHasSecrets();
            }

            using (addTap(writer))
            {
                await Task.WhenAny(writer.Completion, EndOfAsync(client, stopping)).ConfigureAwait(false);
            }

            // A reader that has stopped may never take the rest, and a process that ends has no time for it
            var closing = writer.DisposeAsync().AsTask();
            await closing.WaitAsync(stopping.IsCancellationRequested ? Haste : Patience, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            logger.LiveCaptureEnded();
            if (writer.Dropped > 0)
            {
                logger.CaptureDropped(writer.Name, writer.Dropped);
            }
        }
    }

    /// <summary>Ends when whoever reads wants no more, or is gone.</summary>
    private static async Task EndOfAsync(Socket client, CancellationToken stopping)
    {
        var nothing = new byte[64];
        try
        {
            while (await client.ReceiveAsync(nothing, SocketFlags.None, stopping).ConfigureAwait(false) > 0)
            {
                // Nobody has anything to say there
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It is gone, or we are
        }
    }
}
