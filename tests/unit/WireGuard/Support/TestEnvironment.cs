namespace Onetun.WireGuard.Tests;

/// <summary>Seeded randomness and a wall clock that is set by hand; a test may say what the next random bytes are.</summary>
internal sealed class TestEnvironment(int seed) : IEnvironment
{
    private readonly Random _random = new(seed);
    private readonly Queue<byte[]> _script = new();

    public DateTime UtcNow { get; set; } = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    public void FillNext(params byte[][] values)
    {
        foreach (var value in values)
        {
            _script.Enqueue(value);
        }
    }

    public void Fill(Span<byte> buffer)
    {
        if (_script.TryDequeue(out var value))
        {
            Assert.Equal(buffer.Length, value.Length);
            value.CopyTo(buffer);
        }
        else
        {
            _random.NextBytes(buffer);
        }
    }
}
