using System.Net;
using System.Net.Sockets;
using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// Makes up the packet that a datagram travels in: its headers are the system's, and a socket does not see them. Not thread-safe, but
/// for <see cref="Forget"/>.
/// </summary>
/// <param name="local">Where the socket is bound.</param>
/// <param name="sourceFor">The address that packets to a destination leave from; null if there is no way there.</param>
internal sealed class OuterFrame(Func<IPEndPoint> local, Func<IPEndPoint, IPAddress?> sourceFor)
{
    /// <summary>Beyond these, all are looked up anew: anybody may send from any number of addresses.</summary>
    private const int MostRemembered = 1024;

    private readonly Dictionary<UdpEndPoint, Ends> _known = [];
    private byte[] _packet = [];
    private volatile bool _isStale;

    /// <summary>Has the routes looked up anew.</summary>
    public void Forget() => _isStale = true;

    public ReadOnlySpan<byte> ToPeer(in UdpEndPoint peer, WireGuard.EcnField ecn, ReadOnlySpan<byte> datagram)
    {
        var (ours, theirs) = EndsFor(peer);
        return Write(ours, theirs, ecn, datagram);
    }

    public ReadOnlySpan<byte> FromPeer(in UdpEndPoint peer, WireGuard.EcnField ecn, ReadOnlySpan<byte> datagram)
    {
        var (ours, theirs) = EndsFor(peer);
        return Write(theirs, ours, ecn, datagram);
    }

    private ReadOnlySpan<byte> Write(IPEndPoint from, IPEndPoint to, WireGuard.EcnField ecn, ReadOnlySpan<byte> datagram)
    {
        if (_packet.Length < datagram.Length + UdpWriter.MaxHeaderLength)
        {
            _packet = new byte[datagram.Length + UdpWriter.MaxHeaderLength];
        }

        return _packet.AsSpan(0, UdpWriter.Write(_packet, from, to, datagram, (byte)ecn));
    }

    private Ends EndsFor(in UdpEndPoint peer)
    {
        var bound = local();
        if (_isStale || _known.Count >= MostRemembered)
        {
            _isStale = false;
            _known.Clear();
        }

        if (!_known.TryGetValue(peer, out var ends) || ends.Ours.Port != bound.Port)
        {
            var theirs = peer.ToIPEndPoint();
            ends = new Ends(new IPEndPoint(AddressFor(peer, theirs, bound.Address), bound.Port), theirs);
            _known[peer] = ends;
        }

        return ends;
    }

    private IPAddress AddressFor(in UdpEndPoint peer, IPEndPoint theirs, IPAddress bound)
    {
        if (peer.Source != 0)
        {
            return (peer with { Address = peer.Source }).ToIPEndPoint().Address;
        }

        var isBound = bound.AddressFamily == theirs.AddressFamily && !bound.Equals(IPAddress.Any) && !bound.Equals(IPAddress.IPv6Any);
        return isBound ? bound
            : sourceFor(theirs) ?? (theirs.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any);
    }

    private readonly record struct Ends(IPEndPoint Ours, IPEndPoint Theirs);
}
