using System.Diagnostics.CodeAnalysis;

namespace Onetun.WireGuard;

/// <summary>What the device tells of its peers, to be taken after the calls that may have made it happen.</summary>
public sealed partial class Device
{
    /// <summary>
    /// Takes the oldest event of a peer not yet taken. At most 1,024 wait, and beyond that the oldest is dropped; if nobody takes
    /// any, nothing more comes of it.
    /// </summary>
    public bool TryTakePeerEvent([NotNullWhen(true)] out PeerEvent? taken) => _state.Events.TryTake(out taken);

    /// <summary>Events of peers that were dropped because too many waited.</summary>
    public long DroppedPeerEvents => _state.Events.Dropped;
}
