using System.Runtime.CompilerServices;
using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>What is known of the paths to the peers. A peer that has roamed has a new path, of which nothing is known.</summary>
internal sealed class OuterPaths(Device device)
{
    private readonly ConditionalWeakTable<Peer, OuterPath> _paths = [];

    /// <summary>The path that packets to an inner address take.</summary>
    public NetworkPath? Of(ReadOnlySpan<byte> address) => device.FindRoute(address) is { } peer ? Of(peer) : null;

    public NetworkPath Of(Peer peer)
    {
        if (_paths.TryGetValue(peer, out var path) && path.Remote == peer.EndPoint.Remote)
        {
            return path.Path;
        }

        path = new OuterPath(peer.EndPoint.Remote, new NetworkPath());
        _paths.AddOrUpdate(peer, path);
        return path.Path;
    }

    /// <summary>Forgets all paths: our own end has moved.</summary>
    public void Forget() => _paths.Clear();

    private sealed record OuterPath(UdpEndPoint Remote, NetworkPath Path);
}
