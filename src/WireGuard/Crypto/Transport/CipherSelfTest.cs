namespace Onetun.WireGuard;

/// <summary>Whether a library does what the RFC and libsodium do; a library that does not is not used.</summary>
internal static class CipherSelfTest
{
    /// <summary>Around the blocks of ChaCha20 (64 bytes) and Poly1305 (16), and around the widths of vector code.</summary>
    private static readonly int[] Lengths = [0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 255, 256, 257, 512, 513, 1024, 1025, 1420];

    /// <summary>RFC 8439 §2.8.2.</summary>
    private static readonly byte[] Plaintext =
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."u8
            .ToArray();

    private static readonly byte[] Tag = Convert.FromHexString("1ae10b594f09e26a7e902ecbd0600691");

    public static bool Passes(Func<byte[], ITransportCipher> create)
    {
        byte[] key = [.. Enumerable.Range(0x80, Aead.KeySize).Select(value => (byte)value)];
        try
        {
            using var cipher = create(key);
            using var known = new SodiumCipher(key);
            return KnowsItsAnswer(cipher) && Lengths.All(length => Agree(cipher, known, length) && Agree(known, cipher, length));
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            return false; // A machine that allows only certain ciphers
        }
    }

    private static bool KnowsItsAnswer(ITransportCipher cipher)
    {
        var sealedBytes = new byte[Plaintext.Length + Aead.TagSize];
        cipher.Seal(
            Convert.FromHexString("070000004041424344454647"),
            Convert.FromHexString("50515253c0c1c2c3c4c5c6c7"),
            Plaintext,
            sealedBytes);
        return sealedBytes.AsSpan(Plaintext.Length).SequenceEqual(Tag);
    }

    /// <summary>One opens, in place, what the other sealed, and refuses it once a bit has changed.</summary>
    private static bool Agree(ITransportCipher sealing, ITransportCipher opening, int length)
    {
        var nonce = new byte[Aead.NonceSize];
        nonce[4] = (byte)length;
        var message = new byte[length + Aead.TagSize];
        var plaintext = message.AsSpan(0, length);
        plaintext.Fill((byte)(length + 1));
        sealing.Seal(nonce, [], plaintext, message);
        byte[] touched = [.. message];
        touched[length / 2] ^= 1;
        return opening.TryOpen(nonce, [], message, plaintext)
            && !plaintext.ContainsAnyExcept((byte)(length + 1))
            && !opening.TryOpen(nonce, [], touched, touched.AsSpan(0, length));
    }
}
