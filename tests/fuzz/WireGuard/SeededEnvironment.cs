using Onetun.WireGuard;

namespace Onetun.Fuzz.WireGuard;

/// <summary>Randomness that a seed repeats, and a wall clock that jumps.</summary>
internal sealed class SeededEnvironment(ulong seed) : IEnvironment
{
    private readonly Dice _dice = new();
    private int _fills;

    public DateTime UtcNow { get; set; } = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    public void Fill(Span<byte> buffer)
    {
        _dice.Take(seed, _fills++);
        _dice.Fill(buffer);
    }
}
