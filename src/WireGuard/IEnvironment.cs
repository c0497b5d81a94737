namespace Onetun.WireGuard;

/// <summary>What a device cannot compute: randomness and the wall clock. It asks for them on the thread of its caller.</summary>
public interface IEnvironment
{
    /// <summary>
    /// Fills a buffer with random bytes from a cryptographically secure source, such as <see cref="SystemRandom"/>.
    /// </summary>
    void Fill(Span<byte> buffer);

    /// <summary>
    /// The wall clock, used only for the timestamps of handshake initiations (TAI64N), and to say when the last handshake and the
    /// events of a peer were.
    /// </summary>
    DateTime UtcNow { get; }
}
