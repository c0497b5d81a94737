using System.Net;
using System.Net.Sockets;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// A connection could not be opened because the WireGuard peer that has the address answers no handshake: its endpoint, a key or the network in between is
/// wrong, not the host behind it. Its <see cref="SocketException.SocketErrorCode"/> is <see cref="SocketError.HostUnreachable"/>.
/// </summary>
public sealed class PeerUnansweredException : SocketException
{
    internal PeerUnansweredException(PublicKey peer, IPEndPoint? endPoint, int attempts)
        : base((int)SocketError.HostUnreachable, Describe(peer, endPoint, attempts))
    {
        (Peer, EndPoint, Attempts) = (peer, endPoint, attempts);
    }

    /// <summary>The peer.</summary>
    public PublicKey Peer { get; }

    /// <summary>Where its handshakes are sent; null if that is not known, for its name has no address, or it has to speak first.</summary>
    public IPEndPoint? EndPoint { get; }

    /// <summary>The handshake initiations in a row without an answer.</summary>
    public int Attempts { get; }

    private static string Describe(PublicKey peer, IPEndPoint? endPoint, int attempts) => endPoint is null
        ? $"The WireGuard peer {peer} has no known endpoint, so nothing can be sent to it: set one, or have it connect first."
        : $"The WireGuard peer {peer} at {endPoint} has not answered {attempts} handshakes: are its endpoint and keys right, does it know our key, does a firewall drop UDP?";
}
