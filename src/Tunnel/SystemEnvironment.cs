using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>The system's randomness, and the wall clock of a driver's time.</summary>
internal sealed class SystemEnvironment(TimeProvider time) : IEnvironment
{
    public DateTime UtcNow => time.GetUtcNow().UtcDateTime;

    public void Fill(Span<byte> buffer) => SystemRandom.Fill(buffer);
}
