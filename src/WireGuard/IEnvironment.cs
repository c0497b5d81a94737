namespace Onetun.WireGuard;

/// <summary>What a device cannot compute: randomness and the wall clock. Tests lend it fixed ones.</summary>
public interface IEnvironment
{
    /// <summary>Fills the buffer from a cryptographically secure source.</summary>
    void Fill(Span<byte> buffer);

    /// <summary>The wall clock, read only for handshake timestamps (TAI64N) and the last-handshake time.</summary>
    DateTime UtcNow { get; }
}
