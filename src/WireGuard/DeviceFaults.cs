using System.Diagnostics.CodeAnalysis;

namespace Onetun.WireGuard;

/// <summary>
/// Where a fault in this code stops: a peer that finds one must not be able to end the others' sessions with it.
/// </summary>
internal sealed class DeviceFaults
{
    /// <summary>Faults that may wait to be taken; more are forgotten, since a peer can repeat what it found.</summary>
    private const int Capacity = 16;

    private readonly Queue<DeviceFault> _waiting = new();

    public bool TryTake([NotNullWhen(true)] out DeviceFault? fault) => _waiting.TryDequeue(out fault);

    public void Add(string where, Exception exception)
    {
        if (_waiting.Count < Capacity)
        {
            _waiting.Enqueue(new DeviceFault(where, exception));
        }
    }

    /// <summary>The peer's own state can no longer be trusted: it begins anew.</summary>
    public void Break(TimeSpan now, Peer peer, Exception exception)
    {
        // Enough of the key to tell it from others: logs hide anything that may be a whole key
        var name = $"peer {peer.PublicKey.ToString().AsSpan(0, 8)}...";
        Add(name, exception);
        try
        {
            peer.Restart(now);
        }
        catch (Exception second)
        {
            Add($"{name}, as it began anew", second);
        }
    }
}
