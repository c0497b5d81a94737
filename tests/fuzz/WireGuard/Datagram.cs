using Onetun.WireGuard;

namespace Onetun.Fuzz.WireGuard;

/// <summary>What a device sent, and what became of it.</summary>
internal sealed record Datagram(Side From, Side To, byte[] Bytes)
{
    public bool IsAccepted { get; set; }

    /// <summary>
    /// Whether these bytes are the same to who checks them: an index of the sender and the MACs can be made by anybody who knows
    /// the public key, and the rest cannot (WireGuard §5.4).
    /// </summary>
    public bool IsAuthenticated(ReadOnlySpan<byte> bytes)
    {
        (int from, int to) = (MessageType)Bytes[0] switch
        {
            MessageType.HandshakeInitiation => (8, HandshakeInitiation.Size - HandshakeMacs.Size),
            MessageType.HandshakeResponse => (8, HandshakeResponse.Size - HandshakeMacs.Size),
            _ => (4, Bytes.Length),
        };
        return bytes.Length == Bytes.Length && bytes[..4].SequenceEqual(Bytes.AsSpan(0, 4))
            && bytes[from..to].SequenceEqual(Bytes.AsSpan(from, to - from));
    }
}
