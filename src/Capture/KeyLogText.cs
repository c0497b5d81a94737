using System.Buffers.Text;

namespace Onetun.Capture;

/// <summary>
/// The key log that Wireshark reads (its preference <c>wg.keylog_file</c>, and the secrets of a pcapng file): a line for each key of
/// a handshake, <c>NAME = BASE64</c>.
/// </summary>
public static class KeyLogText
{
    /// <summary>The bytes of a key: 32.</summary>
    public const int KeySize = 32;

    /// <summary>Bytes that the lines of one handshake never exceed.</summary>
    public const int MaxLength = 512;

    /// <summary>Writes the lines of one handshake, and returns their length in bytes.</summary>
    /// <param name="lines">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="localStatic">Our static private key.</param>
    /// <param name="remoteStatic">The peer's static public key.</param>
    /// <param name="localEphemeral">Our ephemeral private key of this handshake.</param>
    /// <param name="preshared">The preshared key; empty or all zero if there is none.</param>
    /// <exception cref="ArgumentException">The room is too small, or a key has not 32 bytes.</exception>
    public static int Write(
        Span<byte> lines,
        ReadOnlySpan<byte> localStatic,
        ReadOnlySpan<byte> remoteStatic,
        ReadOnlySpan<byte> localEphemeral,
        ReadOnlySpan<byte> preshared)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lines.Length, MaxLength, nameof(lines));
        var length = WriteLine(lines, "LOCAL_STATIC_PRIVATE_KEY = "u8, localStatic);
        length += WriteLine(lines[length..], "REMOTE_STATIC_PUBLIC_KEY = "u8, remoteStatic);
        length += WriteLine(lines[length..], "LOCAL_EPHEMERAL_PRIVATE_KEY = "u8, localEphemeral);
        // It belongs to the ephemeral key above it. One that is all zero is tried anyway
        if (preshared.ContainsAnyExcept((byte)0))
        {
            length += WriteLine(lines[length..], "PRESHARED_KEY = "u8, preshared);
        }

        return length;
    }

    private static int WriteLine(Span<byte> line, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeySize, nameof(key));
        name.CopyTo(line);
        Base64.EncodeToUtf8(key, line[name.Length..], out _, out var written);
        line[name.Length + written] = (byte)'\n';
        return name.Length + written + 1;
    }
}
