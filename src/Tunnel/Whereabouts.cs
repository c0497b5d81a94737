using System.Runtime.CompilerServices;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>Where peers were when they were last looked at, to tell those who watch of one that has roamed.</summary>
internal sealed class Whereabouts
{
    private readonly ConditionalWeakTable<Peer, StrongBox<UdpEndPoint>> _known = [];

    /// <summary>Looks at a peer: where it was before, if that is somewhere else; null if it is not, or was nowhere.</summary>
    public UdpEndPoint? Look(Peer peer)
    {
        var known = _known.GetValue(peer, static _ => new StrongBox<UdpEndPoint>());
        var before = known.Value;
        known.Value = peer.EndPoint.Remote;
        return before.IsNone || before == known.Value ? null : before;
    }
}
