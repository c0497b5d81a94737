namespace Onetun.Fuzz.NetStack;

/// <summary>
/// What the byte at each sequence number of a direction is, so that a byte in the wrong place shows. The period divides 2³²,
/// so that the pattern goes on where numbers wrap, and is longer than any buffer here, which is as far as a byte may stray.
/// </summary>
internal sealed class Pattern
{
    private const int Period = 1 << 18;
    private const int Longest = 1 << 16;

    private readonly byte[] _bytes = new byte[Period + Longest];

    private Pattern(ulong seed)
    {
        var dice = new Dice();
        dice.Take(seed, 0);
        dice.Fill(_bytes.AsSpan(0, Period));
        _bytes.AsSpan(0, Longest).CopyTo(_bytes.AsSpan(Period));
    }

    /// <summary>What the stack's application writes.</summary>
    public static Pattern Ours { get; } = new(1);

    /// <summary>What the attacker sends.</summary>
    public static Pattern Theirs { get; } = new(2);

    public void Fill(uint sequence, Span<byte> destination) => At(sequence, destination.Length).CopyTo(destination);

    public bool Is(uint sequence, ReadOnlySpan<byte> bytes) => At(sequence, bytes.Length).SequenceEqual(bytes);

    private ReadOnlySpan<byte> At(uint sequence, int length) => _bytes.AsSpan((int)(sequence % Period), length);
}
