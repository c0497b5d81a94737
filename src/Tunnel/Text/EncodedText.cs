using System.Security.Cryptography;
using System.Text;

namespace Onetun.Tunnel.Text;

/// <summary>
/// Text as people's programs write it: UTF-8, with or without a byte order mark, or UTF-16, as PowerShell writes what is
/// redirected to a file.
/// </summary>
internal static class EncodedText
{
    /// <summary>The most that is read: no key or configuration comes near it, and a device has no end.</summary>
    private const int MaxLength = 1 << 20;

    /// <summary>Reads a stream to its end, through a buffer that is zeroed: there may be keys in it.</summary>
    /// <exception cref="IOException">It is too long, or cannot be read.</exception>
    public static string Read(Stream stream, string name)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(MaxLength, pinned: true);
        try
        {
            var length = stream.ReadAtLeast(bytes, MaxLength, throwOnEndOfStream: false);
            return length < MaxLength ? Decode(bytes.AsSpan(0, length)) : throw new IOException($"{name} is larger than 1 MiB");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Why a text cannot be a configuration, of which each line would be a fault; null if it may be one.</summary>
    public static string? FaultOf(string text) =>
        text.Contains('\0', StringComparison.Ordinal) ? "is not text in UTF-8" : text.Length == 0 ? "is empty" : null;

    // UTF-16 without a mark is recognised by the zeros between its letters, which UTF-8 does not have.
    private static string Decode(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xFF, 0xFE, ..] => Encoding.Unicode.GetString(bytes[2..]),
        [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode.GetString(bytes[2..]),
        [0xEF, 0xBB, 0xBF, ..] => Encoding.UTF8.GetString(bytes[3..]),
        [not 0, 0, ..] => Encoding.Unicode.GetString(bytes),
        [0, not 0, ..] => Encoding.BigEndianUnicode.GetString(bytes),
        _ => Encoding.UTF8.GetString(bytes),
    };
}
