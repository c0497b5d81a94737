using Onetun.WireGuard;

namespace Onetun.Fuzz.WireGuard;

/// <summary>What a device sent, and what became of it.</summary>
internal sealed record Datagram(Side From, Side To, byte[] Bytes)
{
    public bool IsAccepted { get; set; }

    /// <summary>
    /// Whether these bytes are the same to who checks them. No key protects the indices (WireGuard §5.4): who knows the public
    /// key can change one in a handshake message, make its mac1 right, and change it back in what comes of that.
    /// </summary>
    public bool IsAuthenticated(ReadOnlySpan<byte> bytes)
    {
        (var from, var to) = (MessageType)Bytes[0] switch
        {
            MessageType.HandshakeInitiation => (8, HandshakeInitiation.Size - HandshakeMacs.Size),
            MessageType.HandshakeResponse => (12, HandshakeResponse.Size - HandshakeMacs.Size),
            _ => (8, Bytes.Length),
        };
        return bytes.Length == Bytes.Length && bytes[..4].SequenceEqual(Bytes.AsSpan(0, 4))
            && bytes[from..to].SequenceEqual(Bytes.AsSpan(from, to - from));
    }
}
