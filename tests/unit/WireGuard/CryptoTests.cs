using System.Text;
using System.Text.Json;

namespace Onetun.WireGuard.Tests;

/// <summary>Known answers through our own wrappers.</summary>
public sealed class CryptoTests
{
    [Fact]
    public void Blake2s_of_abc_is_that_of_rfc_7693_appendix_b()
    {
        var hash = new byte[Blake2s.HashSize];
        Blake2s.Hash("a"u8, "bc"u8, hash);
        Assert.Equal("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982", Convert.ToHexStringLower(hash));
    }

    [Fact]
    public void Mac_has_its_length_in_its_parameters()
    {
        // mac1 of a Linux initiation, from VPP's tests: a truncated 32-byte digest would be another value.
        Assert.True(PublicKey.TryParse("aRuHFTTxICIQNefp05oKWlJv3zgKxb8+WW7JJMh0jyM=", out var responder));
        var initiation = Convert.FromHexString(
            "0100000098b9032b55cc4b39e73c3d24a2a1ab884b524a811808bb86640fb70de93154fec1879125ab012624a27f0b75c0a2582f438d"
            + "db5f8e768af40b4ab44402f9ff473e1b797e80d39d93c5480c82a3d4510f70396976586fb67300a5167bae6ca3ff3dfd00eb59be198"
            + "810f5aa036abc243d2155ee4f2336483900aef80108752cd700000000000000000000000000000000");
        using var checker = new CookieChecker(responder);
        Assert.True(checker.HasValidMac1(initiation));
        initiation[5] ^= 1;
        Assert.False(checker.HasValidMac1(initiation));
    }

    [Theory]
    [InlineData(
        "test-key",
        "test-input",
        "6f0e5ad38daba1bea8a0d213688736f19763239305e0f58aba697f9ffc41c633",
        "df1194df20802a4fe594cde27e92991c8cae66c366e8106aaa937a55fa371e8a",
        "fac6e2745a325f5dc5d11a5b165aad08b0ada28e7b4e666b7c077934a4d76c24")]
    [InlineData(
        "wireguard",
        "wireguard",
        "491d43bbfdaa8750aaf535e334ecbfe5129967cd64635101c566d4caefda96e8",
        "1e71a379baefd8a79aa4662212fcafe19a23e2b609a3db7d6bcba8f560e3d25f",
        "31e1ae48bddfbe5de38f295e5452b1909a1b4e38e183926af3780b0c1e1f0160")]
    [InlineData(
        "",
        "",
        "8387b46bf43eccfcf349552a095d8315c4055beb90208fb1be23b894bc2ed5d0",
        "58a0e5f6faefccf4807bff1f05fa8a9217945762040bcec2f4b4a62bdfe0e86e",
        "0ce6ea98ec548f8e281e93e32db65621c45eb18dc6f0a7ad94178610a2f7338e")]
    public void Kdf_gives_one_two_and_three_outputs_of_wireguard_go(
        string key, string input, string first, string second, string third)
    {
        byte[][] outputs = [new byte[32], new byte[32], new byte[32]];
        var keyBytes = Encoding.ASCII.GetBytes(key);
        var inputBytes = Encoding.ASCII.GetBytes(input);
        Kdf.Derive(keyBytes, inputBytes, outputs[0], outputs[1], outputs[2]);
        Assert.Equal([first, second, third], outputs.Select(Convert.ToHexStringLower));

        Kdf.Derive(keyBytes, inputBytes, outputs[1], outputs[2]);
        Assert.Equal([first, second], outputs.Skip(1).Select(Convert.ToHexStringLower));
        Kdf.Derive(keyBytes, inputBytes, outputs[2]);
        Assert.Equal(first, Convert.ToHexStringLower(outputs[2]));
    }

    [Fact]
    public void X25519_agrees_as_rfc_7748_section_5_2_says()
    {
        Assert.Equal(
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
            Agree(
                "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"));
        Assert.Equal(
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
            Agree(
                "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"));
    }

    [Fact]
    public void X25519_iterated_a_thousand_times_is_that_of_rfc_7748_section_5_2()
    {
        var k = "0900000000000000000000000000000000000000000000000000000000000000";
        var u = k;
        for (var i = 0; i < 1000; i++)
        {
            (k, u) = (Agree(k, u)!, k);
        }

        Assert.Equal("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51", k);
    }

    [Fact]
    public void Both_sides_of_x25519_agree()
    {
        using var a = PrivateKey.Generate();
        using var b = PrivateKey.Generate();
        Assert.Equal(
            Agree(Convert.ToHexString(a.Bytes), Hex(b.PublicKey)), Agree(Convert.ToHexString(b.Bytes), Hex(a.PublicKey)));
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void X25519_refuses_a_point_of_low_order(string point)
    {
        Assert.Null(Agree("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", point));
    }

    [Fact]
    public void Blake2s_file_of_512_answers_is_reproduced()
    {
        var cases = SharedVectors.Load("blake2s-kat.json");
        foreach (var test in cases.EnumerateArray().Where(test => test.Text("key").Length == 0))
        {
            var hash = new byte[Blake2s.HashSize];
            var input = test.Hex("in");
            Blake2s.Hash(input.AsSpan(0, input.Length / 2), input.AsSpan(input.Length / 2), hash);
            Assert.Equal(test.Text("out"), Convert.ToHexStringLower(hash));
        }
    }

    [Fact]
    public void Wycheproof_x25519_file_is_reproduced()
    {
        var refused = 0;
        foreach (var test in SharedVectors.Wycheproof("x25519_test.json"))
        {
            var shared = Agree(test.Text("private"), test.Text("public"));
            var isZero = test.Text("shared").All(digit => digit == '0');
            Assert.Equal(isZero ? null : test.Text("shared"), shared);
            refused += isZero ? 1 : 0;
        }

        Assert.Equal(31, refused);
    }

    [Fact]
    public void Wycheproof_xchacha20_poly1305_file_is_reproduced()
    {
        foreach (var test in SharedVectors.Wycheproof("xchacha20_poly1305_test.json").Where(test => test.Hex("iv").Length == 24))
        {
            using var aead = new XAead(test.Hex("key"));
            SharedVectors.AssertAead(
                test,
                (aad, plaintext, sealedBytes) => aead.Seal(test.Hex("iv"), aad, plaintext, sealedBytes),
                (aad, sealedBytes, plaintext) => aead.TryOpen(test.Hex("iv"), aad, sealedBytes, plaintext));
        }
    }

    private static string? Agree(string privateKey, string publicKey)
    {
        var shared = new byte[32];
        using var key = Curve25519.Import(Convert.FromHexString(privateKey));
        return Curve25519.TryAgree(key, Convert.FromHexString(publicKey), shared) ? Convert.ToHexStringLower(shared) : null;
    }

    private static string Hex(in PublicKey key)
    {
        var bytes = new byte[PublicKey.Size];
        key.CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
