namespace Onetun.Fuzz;

/// <summary>
/// Seeded chance (SplitMix64). Each step of a game is thrown with dice of its own, so that a step is the same whichever of
/// the steps before it are left out.
/// </summary>
internal sealed class Dice
{
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    private ulong _state;

    /// <summary>Begins the throws of a step.</summary>
    public void Take(ulong seed, int step)
    {
        _state = seed * Golden;
        _state = Next64() + ((ulong)step * Golden);
        _state = Next64();
    }

    public ulong Next64()
    {
        var mixed = _state += Golden;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>0 up to, not including, the bound.</summary>
    public int Next(int bound) => (int)(((Next64() >> 32) * (ulong)bound) >> 32);

    /// <summary>From the first up to, not including, the second.</summary>
    public int Next(int from, int to) => from + Next(to - from);

    public bool OneIn(int times) => Next(times) == 0;

    public T Pick<T>(params ReadOnlySpan<T> from) => from[Next(from.Length)];

    public void Fill(Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i += sizeof(ulong))
        {
            var value = Next64();
            for (var j = i; j < Math.Min(bytes.Length, i + sizeof(ulong)); j++)
            {
                bytes[j] = (byte)value;
                value >>= 8;
            }
        }
    }

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        Fill(bytes);
        return bytes;
    }

    /// <summary>A length: mostly short, at times up to the most.</summary>
    public int Length(int most) => Next(3) switch
    {
        0 => Next(Math.Min(most, 4) + 1),
        1 => Next(Math.Min(most, 64) + 1),
        _ => Next(most + 1),
    };

    /// <summary>A number where faults of 32-bit arithmetic are.</summary>
    public uint Edge32() => Next(4) switch
    {
        0 => (uint)Next(-3, 4),
        1 => int.MaxValue + (uint)Next(-2, 4),
        2 => (uint)Next(-70_000, 70_001),
        _ => (uint)Next64(),
    };
}
