namespace Onetun.WireGuard;

/// <summary>The last 32 bytes of both handshake messages, mac1 ‖ mac2 (WireGuard §5.4.4).</summary>
internal readonly ref struct HandshakeMacs(Span<byte> message)
{
    public const int Size = 2 * Blake2s.MacSize;

    private readonly Span<byte> _message = message;

    /// <summary>What mac1 covers: everything before it.</summary>
    public ReadOnlySpan<byte> BeforeMac1 => _message[..^Size];

    public Span<byte> Mac1 => _message.Slice(_message.Length - Size, Blake2s.MacSize);

    /// <summary>What mac2 covers: everything before it, mac1 included.</summary>
    public ReadOnlySpan<byte> BeforeMac2 => _message[..^Blake2s.MacSize];

    public Span<byte> Mac2 => _message[^Blake2s.MacSize..];
}
