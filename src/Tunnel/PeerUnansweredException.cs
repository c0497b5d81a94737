using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// A connection could not be opened because the WireGuard peer that has the address answers no handshake: its endpoint, a key or the network in between is
/// wrong, not the host behind it. Its <see cref="SocketException.SocketErrorCode"/> is <see cref="SocketError.HostUnreachable"/>.
/// </summary>
public sealed class PeerUnansweredException : SocketException
{
    internal PeerUnansweredException(PublicKey peer, EndPoint? endPoint, int attempts)
        : base((int)SocketError.HostUnreachable, Describe(peer, endPoint, attempts))
    {
        (Peer, EndPoint, Attempts) = (peer, endPoint, attempts);
    }

    /// <summary>The peer.</summary>
    public PublicKey Peer { get; }

    /// <summary>
    /// Where its handshakes are sent; a <see cref="DnsEndPoint"/> for a name that no address has been found for; null for a peer that has to speak first.
    /// </summary>
    public EndPoint? EndPoint { get; }

    /// <summary>The handshake initiations in a row without an answer.</summary>
    public int Attempts { get; }

    private static string Describe(PublicKey peer, EndPoint? endPoint, int attempts) => endPoint switch
    {
        null => $"The WireGuard peer {peer} has no endpoint, and has not spoken yet: nothing can be sent to it before it does.",
        DnsEndPoint named => $"No address has been found for {SafeText.Of(named.Host)}, where the WireGuard peer {peer} is said to be: is the name right, "
            + "does this machine reach its resolvers?",
        _ => $"The WireGuard peer {peer} at {endPoint} does not answer the handshake (attempts: {attempts}): are its endpoint and keys right, does it "
            + "know our key, does a firewall drop UDP?",
    };
}
