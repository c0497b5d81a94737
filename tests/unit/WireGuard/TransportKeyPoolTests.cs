namespace Onetun.WireGuard.Tests;

/// <summary>Keys in guarded memory are few, however many there are.</summary>
public sealed class TransportKeyPoolTests
{
    [Fact]
    public void More_keys_than_places_all_work_and_no_more_are_held_than_there_are_places()
    {
        var pool = new TransportKeyPool(4, AeadLibrary.Libsodium);
        TransportKey[] keys = [.. Enumerable.Range(0, 20).Select(i => new TransportKey(Enumerable.Repeat((byte)i, 32).ToArray(), pool))];
        var first = Seal(keys[0]);
        foreach (var key in keys.Concat(keys.Reverse()))
        {
            Seal(key);
            Assert.InRange(pool.Count, 1, 4);
        }

        Assert.Equal(first, Seal(keys[0]));
        foreach (var key in keys)
        {
            key.Dispose();
        }

        Assert.Equal(0, pool.Count);
    }

    [Fact]
    public void Key_in_use_keeps_its_place_while_others_come_and_go()
    {
        var pool = new TransportKeyPool(4, AeadLibrary.Libsodium);
        using var busy = new TransportKey(new byte[32], pool);
        TransportKey[] others = [.. Enumerable.Range(0, 100).Select(_ => new TransportKey(new byte[32], pool))];
        Seal(busy);
        foreach (var other in others)
        {
            Assert.True(busy.IsLoaded);
            Seal(busy);
            Seal(other);
        }

        Assert.False(others[0].IsLoaded);
        foreach (var other in others)
        {
            other.Dispose();
        }
    }

    [Fact]
    public void New_key_is_the_last_to_make_room()
    {
        var pool = new TransportKeyPool(4, AeadLibrary.Libsodium);
        TransportKey[] keys = [.. Enumerable.Range(0, 6).Select(_ => new TransportKey(new byte[32], pool))];
        foreach (var key in keys)
        {
            Seal(key);
        }

        // The fifth took a place, and the sixth another's
        Assert.True(keys[4].IsLoaded);
        Assert.True(keys[5].IsLoaded);
        foreach (var key in keys)
        {
            key.Dispose();
        }
    }

    private static byte[] Seal(TransportKey key)
    {
        var sealedBytes = new byte[Aead.TagSize];
        key.Seal(0, [], sealedBytes);
        return sealedBytes;
    }
}
