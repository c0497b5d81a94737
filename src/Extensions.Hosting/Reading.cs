using Onetun.Tunnel;

namespace Onetun.Extensions.Hosting;

/// <summary>The options of a tunnel as their source has them, with keys of their own, which are zeroed when this is disposed.</summary>
/// <param name="Options">The options.</param>
/// <param name="Warnings">What is ignored, or may be meant otherwise; for people, and without secrets.</param>
internal sealed record Reading(TunnelOptions Options, IReadOnlyList<string> Warnings) : IDisposable
{
    public void Dispose()
    {
        Options.PrivateKey.Dispose();
        foreach (var peer in Options.Peers)
        {
            peer.PresharedKey?.Dispose();
        }
    }
}
