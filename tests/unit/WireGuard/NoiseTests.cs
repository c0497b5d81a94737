using NSec.Cryptography;

namespace Onetun.WireGuard.Tests;

/// <summary>The published vector of Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s (cacophony), by the steps of our handshake.</summary>
public sealed class NoiseTests
{
    private static readonly byte[] Prologue = Hex("4a6f686e2047616c74");
    private static readonly byte[] PresharedKey = Hex("54686973206973206d7920417573747269616e20706572737065637469766521");
    private static readonly byte[] InitiatorStatic = Hex("e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1");
    private static readonly byte[] InitiatorEphemeral = Hex("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a");
    private static readonly byte[] ResponderStatic = Hex("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893");
    private static readonly byte[] ResponderEphemeral = Hex("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b");

    private static readonly (string Payload, string Message)[] Messages =
    [
        ("4c756477696720766f6e204d69736573",
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944001e21de9f98ddd8e2ad57527207feb56253c9c94a9e"
            + "496782ecfcb2a75fbcaf1b52948cc48daefe660c62119ab5000980c84831215f2441eba616548e832985464cf17e51ee93109008399a"
            + "21f7e13f"),
        ("4d757272617920526f746862617264",
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843cb765f2caef0751b8f007572dab0322217755c0632f3"
            + "65717edbf34d33e87a"),
        ("462e20412e20486179656b", "8153ca9833bc3c1b91a7e66e5f4d4f5b59bf9e64c2f20d15f0bba7"),
        ("4361726c204d656e676572", "07af0c9c86e1b4e80f36b04ff7688d51141af3debd0332f0a705ef"),
        ("4a65616e2d426170746973746520536179", "6ab1467c0448cc78394494abaaf23afce0e234315d6e2624dcbfa8a21c1c4d073d"),
        ("457567656e2042f6686d20766f6e2042617765726b",
            "dfc346c0d2296ae6cf1acf6f12b8456a1dba228cf8d8b774aacf1c47fc53aa80ebc7a4c292"),
    ];

    [Fact]
    public void All_six_messages_and_the_handshake_hash_are_those_of_the_vector()
    {
        var state = new SymmetricState();
        var key = new byte[32];
        var initiatorEphemeral = PublicOf(InitiatorEphemeral);
        var responderEphemeral = PublicOf(ResponderEphemeral);
        var responderStatic = PublicOf(ResponderStatic);
        state.Initialize("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"u8, Prologue);
        state.MixHash(responderStatic);

        // -> e, es, s, ss
        state.MixHash(initiatorEphemeral);
        state.MixKey(initiatorEphemeral);
        state.MixKey(Agree(InitiatorEphemeral, responderStatic), key);
        var sealedStatic = Seal(state, key, PublicOf(InitiatorStatic));
        state.MixKey(Agree(InitiatorStatic, responderStatic), key);
        var sealedPayload = Seal(state, key, Hex(Messages[0].Payload));
        byte[] message = [.. initiatorEphemeral, .. sealedStatic, .. sealedPayload];
        Assert.Equal(Messages[0].Message, Convert.ToHexStringLower(message));

        // <- e, ee, se, psk
        state.MixHash(responderEphemeral);
        state.MixKey(responderEphemeral);
        state.MixKey(Agree(ResponderEphemeral, initiatorEphemeral));
        state.MixKey(Agree(ResponderEphemeral, PublicOf(InitiatorStatic)));
        state.MixKeyAndHash(PresharedKey, key);
        sealedPayload = Seal(state, key, Hex(Messages[1].Payload));
        message = [.. responderEphemeral, .. sealedPayload];
        Assert.Equal(Messages[1].Message, Convert.ToHexStringLower(message));
        Assert.Equal(
            "f5191b875290abcd41347ac3622d9679688a7e980229cb937ef748336cfde0e5", Convert.ToHexStringLower(state.Hash));

        var keys = new byte[Session.KeysSize];
        state.Split(keys);
        var pool = new TransportKeyPool(2, AeadLibrary.Libsodium);
        using var initiatorSends = new TransportKey(keys.AsSpan(0, 32), pool);
        using var responderSends = new TransportKey(keys.AsSpan(32), pool);
        for (var i = 2; i < Messages.Length; i++)
        {
            var payload = Hex(Messages[i].Payload);
            message = new byte[payload.Length + Aead.TagSize];
            (i % 2 == 0 ? initiatorSends : responderSends).Seal((ulong)(i - 2) / 2, payload, message);
            Assert.Equal(Messages[i].Message, Convert.ToHexStringLower(message));
        }

        Assert.True(state.ChainingKey.IndexOfAnyExcept((byte)0) < 0, "not zeroed");
    }

    [Fact]
    public void Construction_and_identifier_hash_to_the_constants_of_the_protocol()
    {
        var chainingKey = new byte[32];
        var hash = new byte[32];
        Blake2s.Hash("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"u8, [], chainingKey);
        Blake2s.Hash(chainingKey, "WireGuard v1 zx2c4 Jason@zx2c4.com"u8, hash);
        Assert.Equal("60e26daef327efc02ec335e2a025d2d016eb4206f87277f52d38d1988b78cd36", Convert.ToHexStringLower(chainingKey));
        Assert.Equal("2211b361081ac566691243db458ad5322d9c6c662293e8b70ee19c65ba079ef3", Convert.ToHexStringLower(hash));
    }

    private static byte[] Seal(SymmetricState state, byte[] key, byte[] plaintext)
    {
        var sealedBytes = new byte[plaintext.Length + Aead.TagSize];
        state.EncryptAndHash(key, plaintext, sealedBytes);
        return sealedBytes;
    }

    private static byte[] Agree(byte[] privateKey, byte[] publicKey)
    {
        var shared = new byte[32];
        using var key = Curve25519.Import(privateKey);
        Assert.True(Curve25519.TryAgree(key, publicKey, shared));
        return shared;
    }

    private static byte[] PublicOf(byte[] privateKey)
    {
        var bytes = new byte[32];
        Curve25519.PublicKeyOf(privateKey).CopyTo(bytes);
        return bytes;
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text);
}
