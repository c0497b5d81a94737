using System.Buffers.Binary;

namespace Onetun.Soak;

/// <summary>Bytes that follow from a seed and their position, so that any that is lost, doubled, moved or foreign shows.</summary>
internal static class Pattern
{
    /// <summary>What stands at the position and behind it.</summary>
    public static void Fill(ulong seed, long position, Span<byte> bytes)
    {
        Span<byte> word = stackalloc byte[8];
        while (!bytes.IsEmpty)
        {
            var skip = (int)(position & 7);
            var length = Math.Min(8 - skip, bytes.Length);
            if (length == 8)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, Word(seed, position >> 3));
            }
            else
            {
                BinaryPrimitives.WriteUInt64LittleEndian(word, Word(seed, position >> 3));
                word.Slice(skip, length).CopyTo(bytes);
            }

            bytes = bytes[length..];
            position += length;
        }
    }

    /// <summary>Compares, and counts what was compared.</summary>
    /// <exception cref="WrongBytesException">Something else stands there.</exception>
    public static void Check(ulong seed, long position, ReadOnlySpan<byte> bytes)
    {
        Span<byte> right = stackalloc byte[1024];
        for (var at = 0; at < bytes.Length; at += right.Length)
        {
            var part = bytes.Slice(at, Math.Min(right.Length, bytes.Length - at));
            Fill(seed, position + at, right[..part.Length]);
            var same = part.CommonPrefixLength(right);
            if (same < part.Length)
            {
                throw new WrongBytesException($"byte {position + at + same} is {part[same]:x2} instead of {right[same]:x2}");
            }
        }
    }

    // SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators)
    private static ulong Word(ulong seed, long index)
    {
        var word = seed + ((ulong)index * 0x9e3779b97f4a7c15);
        word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
        word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
        return word ^ (word >> 31);
    }
}

/// <summary>What came is not what was sent: the one fault that nothing explains.</summary>
internal sealed class WrongBytesException(string what) : Exception(what)
{
    /// <summary>What came is right, but an end came too early.</summary>
    public bool IsEnd { get; init; }
}
