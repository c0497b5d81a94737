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

    [Fact]
    public void Private_key_of_zeros_is_none()
    {
        Assert.False(PrivateKey.TryParse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", out _));
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
            new PeerOptions { PublicKey = default, PresharedKey = presharedKey }.ToString(),
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
}
