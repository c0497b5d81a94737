using System.Text.Json;

namespace Onetun.WireGuard.Tests;

/// <summary>ChaCha20-Poly1305 of every library: the same to the byte.</summary>
public sealed class TransportCipherTests
{
    private readonly Random _random = new(1);

    public static TheoryData<AeadLibrary> Libraries => [.. Enum.GetValues<AeadLibrary>()];

    public static TheoryData<AeadLibrary, AeadLibrary> Pairs =>
        [.. Enum.GetValues<AeadLibrary>().SelectMany(_ => Enum.GetValues<AeadLibrary>(), (one, other) => (one, other))];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Wycheproof_file_is_reproduced(AeadLibrary library)
    {
        var count = 0;
        foreach (var test in SharedVectors.Wycheproof("chacha20_poly1305_test.json")
            .Where(test => test.Hex("iv").Length == Aead.NonceSize))
        {
            using var cipher = Create(library, test.Hex("key"));
            SharedVectors.AssertAead(
                test,
                (aad, plaintext, sealedBytes) => cipher.Seal(test.Hex("iv"), aad, plaintext, sealedBytes),
                (aad, sealedBytes, plaintext) => cipher.TryOpen(test.Hex("iv"), aad, sealedBytes, plaintext));
            count++;
        }

        Assert.Equal(316, count);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Example_of_rfc_8439_section_2_8_2_is_reproduced(AeadLibrary library)
    {
        using var cipher = Create(library, [.. Enumerable.Range(0x80, 32).Select(value => (byte)value)]);
        var sealedBytes = new byte[114 + Aead.TagSize];
        cipher.Seal(
            Convert.FromHexString("070000004041424344454647"),
            Convert.FromHexString("50515253c0c1c2c3c4c5c6c7"),
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."u8,
            sealedBytes);
        Assert.Equal(
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b29"
            + "05d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b"
            + "61161ae10b594f09e26a7e902ecbd0600691",
            Convert.ToHexStringLower(sealedBytes));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void One_opens_what_the_other_sealed_at_every_length(AeadLibrary sealing, AeadLibrary opening)
    {
        var key = Bytes(32);
        using var one = Create(sealing, key);
        using var other = Create(opening, key);
        foreach (var length in Enumerable.Range(0, 1600).Append(65_000))
        {
            var nonce = Bytes(Aead.NonceSize);
            var data = Bytes(length % 50);
            var plaintext = Bytes(length);
            var sealedBytes = new byte[length + Aead.TagSize];
            var opened = new byte[length];
            one.Seal(nonce, data, plaintext, sealedBytes);
            Assert.True(other.TryOpen(nonce, data, sealedBytes, opened));
            Assert.Equal(plaintext, opened);
        }
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Message_is_sealed_and_opened_where_it_is(AeadLibrary library)
    {
        using var cipher = Create(library, new byte[32]);
        var nonce = new byte[Aead.NonceSize];
        var apart = new byte[116];
        var inPlace = new byte[116];
        var plaintext = Bytes(100);
        plaintext.CopyTo(inPlace, 0);
        cipher.Seal(nonce, [], plaintext, apart);
        cipher.Seal(nonce, [], inPlace.AsSpan(0, 100), inPlace);
        Assert.Equal(apart, inPlace);
        Assert.True(cipher.TryOpen(nonce, [], inPlace, inPlace.AsSpan(0, 100)));
        Assert.Equal(plaintext, inPlace[..100]);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void What_was_touched_is_not_opened_and_nothing_of_it_is_shown(AeadLibrary library)
    {
        using var cipher = Create(library, Bytes(32));
        var nonce = Bytes(Aead.NonceSize);
        var plaintext = Bytes(1420);
        var sealedBytes = new byte[1420 + Aead.TagSize];
        cipher.Seal(nonce, [], plaintext, sealedBytes);
        foreach (var place in (int[])[0, 700, 1419, 1420, 1435])
        {
            byte[] touched = [.. sealedBytes];
            touched[place] ^= 1;
            var opened = new byte[1420];
            Assert.False(cipher.TryOpen(nonce, [], touched, opened));
            Assert.Equal(new byte[1420], opened);
        }

        Assert.False(cipher.TryOpen(nonce, [1], sealedBytes, new byte[1420]));
        nonce[0] ^= 1;
        Assert.False(cipher.TryOpen(nonce, [], sealedBytes, new byte[1420]));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Sizes_that_cannot_be_touch_nothing(AeadLibrary library)
    {
        using var cipher = Create(library, new byte[32]);
        var nonce = new byte[Aead.NonceSize];
        Assert.ThrowsAny<ArgumentException>(() => cipher.Seal(nonce, [], new byte[10], new byte[25]));
        Assert.ThrowsAny<ArgumentException>(() => cipher.Seal(new byte[11], [], new byte[10], new byte[26]));
        Assert.ThrowsAny<ArgumentException>(() => cipher.TryOpen(nonce, [], new byte[26], new byte[11]));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Disposed_cipher_is_not_used(AeadLibrary library)
    {
        var cipher = Create(library, new byte[32]);
        cipher.Dispose();
        cipher.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cipher.Seal(new byte[12], [], [], new byte[16]));
        Assert.Throws<ObjectDisposedException>(() => cipher.TryOpen(new byte[12], [], new byte[16], []));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Device_says_whose_it_is(AeadLibrary library)
    {
        using var there = Create(library, new byte[32]);
        using var key = PrivateKey.Generate();
        using var device = new Device(new DeviceOptions { PrivateKey = key, AeadLibrary = library }, new TestEnvironment(1));
        Assert.Equal(library, device.AeadLibrary);
    }

    [Fact]
    public void Library_that_seals_otherwise_fails_its_test() =>
        Assert.False(CipherSelfTest.Passes(key => new Wrong(key) { Seals = false }));

    [Fact]
    public void Library_that_opens_anything_fails_its_test() =>
        Assert.False(CipherSelfTest.Passes(key => new Wrong(key) { OpensAnything = true }));

    [Fact]
    public void Library_that_works_passes_its_test() => Assert.True(CipherSelfTest.Passes(key => new Wrong(key)));

    private static ITransportCipher Create(AeadLibrary library, byte[] key)
    {
        Assert.SkipUnless(TransportCiphers.Choose(library) == library, "This machine has no OpenSSL.");
        return TransportCiphers.Create(library, key);
    }

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private sealed class Wrong(byte[] key) : ITransportCipher
    {
        private readonly SodiumCipher _right = new(key);

        public bool Seals { get; init; } = true;

        public bool OpensAnything { get; init; }

        public void Seal(
            ReadOnlySpan<byte> nonce,
            ReadOnlySpan<byte> associatedData,
            ReadOnlySpan<byte> plaintext,
            Span<byte> sealedBytes)
        {
            _right.Seal(nonce, associatedData, plaintext, sealedBytes);
            sealedBytes[^1] ^= (byte)(Seals ? 0 : 1);
        }

        public bool TryOpen(
            ReadOnlySpan<byte> nonce,
            ReadOnlySpan<byte> associatedData,
            ReadOnlySpan<byte> sealedBytes,
            Span<byte> plaintext) => _right.TryOpen(nonce, associatedData, sealedBytes, plaintext) || OpensAnything;

        public void Dispose() => _right.Dispose();
    }
}
