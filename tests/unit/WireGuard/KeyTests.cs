using CsCheck;

namespace Onetun.WireGuard.Tests;

/// <summary>Keys as wg reads and shows them.</summary>
public sealed class KeyTests
{
    /// <summary>The pair of the Linux capture.</summary>
    private const string PrivateText = "AKeZaHwBxjiKLFnkY2unvEdOTtg4AL+M9dQXfopFVFk=";
    private const string PublicText = "Igge9KzRytKNwrgkzDE/8hrLu6Ly0OqVdvOPWhA5KR4=";

    [Fact]
    public void Private_key_that_is_all_zero_is_none() =>
        Assert.Throws<ArgumentException>(() => new PrivateKey(new byte[PrivateKey.Size]));

    [Fact]
    public void Public_key_is_that_of_wg_pubkey()
    {
        Assert.True(PrivateKey.TryParse(PrivateText, out var key));
        using (key)
        {
            Assert.Equal(PublicText, key.PublicKey.ToString());
        }
    }

    [Fact]
    public void Private_key_is_clamped_when_it_is_made()
    {
        Assert.True(PrivateKey.TryParse("/////////////////////////////////////////38=", out var key));
        using (key)
        {
            Assert.Equal("+P///////////////////////////////////////38=", key.ToBase64());
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("AKeZaHwBxjiKLFnkY2unvEdOTtg4AL+M9dQXfopFVFk")]
    [InlineData("AKeZaHwBxjiKLFnkY2unvEdOTtg4AL+M9dQXfopFVFk==")]
    [InlineData(" AKeZaHwBxjiKLFnkY2unvEdOTtg4AL+M9dQXfopFVFk")]
    [InlineData("AKeZaHwBxjiKLFnkY2unvEdOTtg4AL+M9dQXfopFVFl=")]
    [InlineData("AKeZaHwBxjiKLFnkY2unvEdOTtg4AL-M9dQXfopFVFk=")]
    [InlineData("AKeZaHwBxjiKLFnkY2unvEdOTtg4AL+M9dQXfopFVF==")]
    [InlineData("AKeZaHwBxjiKLFnkY2unvEdOTtg4AL+M9dQXfopFVFkA")]
    [InlineData("AKeZaHwBxjiKLFnkY2unvEdO\nTtg4AL+M9dQXfopFVF=")]
    public void Anything_but_44_canonical_characters_is_no_key(string? text)
    {
        Assert.False(PrivateKey.TryParse(text, out _));
        Assert.False(PublicKey.TryParse(text, out _));
        Assert.False(PresharedKey.TryParse(text, out _));
    }

    [Theory]
    [InlineData("", "is 44 characters of base64, and this text has 0.")]
    [InlineData("AKeZaHwBxjiKLFnkY2unvEdOTtg4AL+M9dQXfopFVFk=\n", "is 44 characters of base64, and this text has 45.")]
    [InlineData("AKeZaHwBxjiKLFnkY2unvEdOTtg4AL-M9dQXfopFVFk=", "is 44 characters of base64, and character 31 of this text is none.")]
    [InlineData("AKeZaHwBxjiKLFnkY2unvEdOTtg4AL+M9dQXfopFVFkA", "ends in =, and this text does not.")]
    [InlineData("AKeZaHwBxjiKLFnkY2unvEdOTtg4AL+M9dQXfopFVFl=", "is 32 bytes, and the last character before the = of this text says more.")]
    public void Text_that_is_no_key_is_refused_with_the_reason(string text, string reason)
    {
        Assert.Equal($"A public key {reason}", Assert.Throws<FormatException>(() => PublicKey.Parse(text)).Message);
        Assert.Equal($"A private key {reason}", Assert.Throws<FormatException>(() => PrivateKey.Parse(text)).Message);
        Assert.Equal($"A preshared key {reason}", Assert.Throws<FormatException>(() => PresharedKey.Parse(text)).Message);
    }

    [Fact]
    public void Refusal_repeats_no_part_of_the_text()
    {
        // Letters that no message of ours has, so that a single one would show
        const string Stray = "QZXJ";
        string[] texts =
        [
            Stray, .. Enumerable.Range(0, 45).Select(length => new string('Q', length)), new string('Z', 43) + "=",
            new string('X', 20) + "?" + new string('J', 22) + "=", new string('X', 43) + "?",
        ];
        Assert.All(texts, text =>
        {
            Exception[] refusals =
            [
                Assert.Throws<FormatException>(() => PublicKey.Parse(text)),
                Assert.Throws<FormatException>(() => PrivateKey.Parse(text)),
                Assert.Throws<FormatException>(() => PresharedKey.Parse(text)),
            ];
            Assert.All(refusals, refusal => Assert.Equal(-1, refusal.ToString().Split('\n')[0].IndexOfAny([.. Stray, '?'])));
        });
    }

    [Fact]
    public void Null_is_no_text() => Assert.All<Action>(
        [() => PublicKey.Parse(null!), () => PrivateKey.Parse(null!), () => PresharedKey.Parse(null!)],
        parse => Assert.Throws<ArgumentNullException>("s", parse));

    [Fact]
    public void Keys_are_parsed_by_whoever_knows_only_that_they_can_be()
    {
        Assert.Equal(PublicText, Parsed<PublicKey>(PublicText).ToString());
        using var privateKey = Parsed<PrivateKey>(PrivateText);
        Assert.Equal(PrivateText, privateKey.ToBase64());
        using var presharedKey = Parsed<PresharedKey>(PrivateText);
        Assert.Equal(PrivateText, presharedKey.ToBase64());
    }

    [Fact]
    public void Public_key_is_written_where_it_is_asked_for()
    {
        var key = PublicKey.Parse(PublicText);
        var buffer = new char[45];
        Assert.True(key.TryFormat(buffer, out var length));
        Assert.Equal(PublicText, new string(buffer, 0, length));
        Assert.False(key.TryFormat(buffer.AsSpan(0, 43), out length));
        Assert.Equal(0, length);
        Assert.Equal($"<{PublicText}>", $"<{key}>");
    }

    [Fact]
    public void Private_key_of_zeros_is_none()
    {
        const string Zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        Assert.False(PrivateKey.TryParse(Zeros, out _));
        Assert.Equal("A private key is not all zero.", Assert.Throws<FormatException>(() => PrivateKey.Parse(Zeros)).Message);
    }

    [Fact]
    public void Any_32_bytes_are_a_public_and_a_preshared_key_and_come_back_as_they_were()
    {
        Gen.Byte.Array[32].Sample(bytes =>
        {
            var text = Convert.ToBase64String(bytes);
            Assert.True(PublicKey.TryParse(text, out var publicKey));
            Assert.True(PresharedKey.TryParse(text, out var presharedKey));
            Assert.Equal(text, publicKey.ToString());
            Assert.Equal(text, presharedKey.ToBase64());
            var copy = new byte[32];
            publicKey.CopyTo(copy);
            Assert.Equal(bytes, copy);
            presharedKey.Dispose();
        });
    }

    [Fact]
    public void Public_keys_are_equal_if_all_their_bytes_are_the_top_bit_too()
    {
        var bytes = new byte[32];
        var key = new PublicKey(bytes);
        Assert.Equal(key, new PublicKey(bytes));
        for (var bit = 0; bit < 256; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(key, new PublicKey(bytes));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Generated_keys_differ_and_are_clamped()
    {
        using var first = PrivateKey.Generate();
        using var second = PrivateKey.Generate();
        Assert.NotEqual(first.ToBase64(), second.ToBase64());
        var bytes = Convert.FromBase64String(first.ToBase64());
        Assert.Equal(0, bytes[0] & 7);
        Assert.Equal(64, bytes[31] & 192);

        using var third = PresharedKey.Generate();
        using var fourth = PresharedKey.Generate();
        Assert.NotEqual(third.ToBase64(), fourth.ToBase64());
    }

    [Fact]
    public void Secrets_are_not_in_their_own_description()
    {
        using var privateKey = PrivateKey.Generate();
        using var presharedKey = PresharedKey.Generate();
        Assert.Equal("(hidden)", privateKey.ToString());
        Assert.Equal("(hidden)", presharedKey.ToString());
        Assert.DoesNotContain(
            privateKey.ToBase64(), new DeviceOptions { PrivateKey = privateKey }.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(
            presharedKey.ToBase64(),
            new PeerOptions { PublicKey = privateKey.PublicKey, PresharedKey = presharedKey }.ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Disposed_secret_is_zeroed_and_says_so()
    {
        var privateKey = PrivateKey.Generate();
        var presharedKey = PresharedKey.Generate();
        var privateBytes = privateKey.Bytes;
        var presharedBytes = presharedKey.Bytes;
        privateKey.Dispose();
        presharedKey.Dispose();
        Assert.Equal(-1, privateBytes.IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, presharedBytes.IndexOfAnyExcept((byte)0));
        Assert.Throws<ObjectDisposedException>(privateKey.ToBase64);
        Assert.Throws<ObjectDisposedException>(presharedKey.ToBase64);
    }

    [Fact]
    public void Device_keeps_its_own_copy_of_its_key()
    {
        using var pair = new PeerPair();
        pair.Alice.Key.Dispose();
        pair.Bob.Key.Dispose();
        pair.Connected();
    }

    /// <summary>By each of the four ways of an interface, which agree.</summary>
    private static T Parsed<T>(string text)
        where T : ISpanParsable<T>
    {
        Assert.True(T.TryParse(text, null, out _));
        Assert.True(T.TryParse(text.AsSpan(), null, out _));
        T.Parse(text, null);
        return T.Parse(text.AsSpan(), null);
    }
}
