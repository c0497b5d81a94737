using System.Net;
using Onetun.Interop;
using Onetun.Testing;
using Onetun.Tunnel;

namespace Onetun.Conformance.Tests;

/// <summary>A stream through two tunnels of this process.</summary>
public sealed class TunnelStreamTests : StreamConformance
{
    internal override async Task<StreamPair> OpenAsync()
    {
        var pair = await WireGuardPair.StartAsync(cancellationToken: Cancellation);
        await using var listener = pair.Second.Listen(80);
        var ours = await pair.First.ConnectAsync(listener.LocalEndPoint, cancellationToken: Cancellation);
        var theirs = (await listener.AcceptAsync(Cancellation))!;
        return new StreamPair(ours.AsStream(), theirs.AsStream())
        {
            AbortTheirs = theirs.Abort,
            EndTheirOutput = () => theirs.Output.CompleteAsync(),
            EndOurOutput = () => ours.Output.CompleteAsync(),
            Arrival = () => Eventually.TrueAsync(
                () => Task.FromResult(ours.Statistics.ReceivedBytes > 0), TimeSpan.FromSeconds(60), "it arrives"),
            Dispose = pair.DisposeAsync,
        };
    }

    protected override async Task ConnectNowhereAsync()
    {
        await using var pair = await WireGuardPair.StartAsync(cancellationToken: Cancellation);
        await pair.First.ConnectAsync(new IPEndPoint(pair.Second.Addresses[0].Address, 81), cancellationToken: Cancellation);
    }
}
