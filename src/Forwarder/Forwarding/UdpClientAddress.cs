using System.Net;

namespace Onetun.Forwarder.Forwarding;

/// <summary>
/// Whom an answer goes to and where it leaves from: a client that asks two of our addresses has two answers to tell apart.
/// </summary>
/// <param name="Client">Where the client is.</param>
/// <param name="Asked">The address of ours that it sends to, IPv4 in mapped form; 0 if it is not known or the only one.</param>
internal readonly record struct UdpClientAddress(SocketAddress Client, UInt128 Asked)
{
    /// <summary>The same, in bytes that nobody else changes.</summary>
    public UdpClientAddress Copy()
    {
        var client = new SocketAddress(Client.Family, Client.Size);
        Client.Buffer.Span[..Client.Size].CopyTo(client.Buffer.Span);
        return this with { Client = client };
    }
}
