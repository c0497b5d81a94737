using System.Net.Sockets;
using Onetun.Capture;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Wireshark;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Commands;

/// <summary>A capture that Wireshark asks for.</summary>
/// <param name="machine">Where the process runs.</param>
/// <param name="name">What Wireshark calls the process by.</param>
/// <param name="path">The pipe that it reads.</param>
/// <param name="request">What is captured.</param>
internal sealed class ExtcapCapture(Machine machine, string? name, string? path, CaptureRequest request)
{
    /// <summary>Wireshark opens its end before or after it starts us.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Captures until told to stop, or until nobody reads any more. Returns what went wrong, in a line; null if nothing did.</summary>
    public async Task<string?> RunAsync(CancellationToken stop)
    {
        if (!ExtcapInterface.TryParse(name, out var process))
        {
            return $"'{SafeText.Of(name ?? "")}' is no interface of onetun";
        }

        if (string.IsNullOrEmpty(path))
        {
            return "--fifo does not say where the capture goes";
        }

        if (request.Filter is { } filter && !PacketFilter.TryParse(filter, out _, out var fault))
        {
            return $"Invalid filter: {fault.Message}";
        }

        var (client, refusal) = await CaptureClient.StartAsync(machine, process, request, stop).ConfigureAwait(false);
        if (client is null)
        {
            return refusal;
        }

        using (client)
        {
            return await SendAsync(client, path, stop).ConfigureAwait(false);
        }
    }

    private static async Task<string?> SendAsync(CaptureClient client, string path, CancellationToken stop)
    {
        try
        {
            var pipe = CapturePipe.Open(path, Patience);
            await using (pipe.ConfigureAwait(false))
            {
                await pipe.TakeAsync(client, stop).ConfigureAwait(false);
            }

            return null;
        }
        catch (IOException broken) when (CapturePipe.IsBroken(broken))
        {
            return null; // This is how Wireshark stops
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return $"Failed to write {path}: {failure.Message}";
        }
        catch (SocketException failure)
        {
            return $"The capture has ended: {failure.Message}";
        }
    }
}
