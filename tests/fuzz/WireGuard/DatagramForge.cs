using System.Buffers.Binary;
using Onetun.WireGuard;

namespace Onetun.Fuzz.WireGuard;

/// <summary>Makes what somebody sends who has all datagrams and both public keys, but no secret.</summary>
internal static class DatagramForge
{
    /// <summary>
    /// Damage to an honest datagram. Mac1 made right costs the device a Diffie-Hellman, fifty times what the rest takes: that
    /// has one in 64.
    /// </summary>
    public static byte[] Damage(Dice dice, byte[] honest, byte[] other, Side victim)
    {
        var bytes = dice.Next(8) switch
        {
            0 => honest[..dice.Next(honest.Length + 1)],
            1 => [.. honest, .. dice.Bytes(dice.Length(64))],
            2 => Splice(dice, honest, other),
            _ => [.. honest],
        };
        for (var changes = dice.Next(4); changes > 0 && bytes.Length > 0; changes--)
        {
            var at = dice.Next(dice.OneIn(2) ? bytes.Length : Math.Min(bytes.Length, 16));
            bytes[at] ^= (byte)(1 << dice.Next(8));
        }

        if (dice.OneIn(4))
        {
            Address(dice, bytes, victim);
        }

        return WithMacs(dice, bytes, victim);
    }

    /// <summary>Any bytes, of an honest type and length as often as not, and with an index that means something.</summary>
    public static byte[] Random(Dice dice, Side victim)
    {
        var type = dice.Next(0, 6);
        var length = dice.OneIn(4) ? dice.Length(300) : type switch { 1 => 148, 2 => 92, 3 => 64, _ => 32 + (16 * dice.Next(8)) };
        var bytes = dice.Bytes(length);
        if (length >= 4)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, dice.OneIn(16) ? type + (1 << dice.Next(31)) : type);
        }

        Address(dice, bytes, victim);
        return WithMacs(dice, bytes, victim);
    }

    private static byte[] Splice(Dice dice, byte[] first, byte[] second)
    {
        var at = dice.Next(Math.Min(first.Length, second.Length) + 1);
        return [.. first[..at], .. second[at..]];
    }

    private static void Address(Dice dice, byte[] bytes, Side victim)
    {
        var at = bytes.Length == HandshakeResponse.Size && bytes[0] == 2 ? 8 : 4;
        if (bytes.Length >= 16)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), victim.SomeIndex(dice));
        }
    }

    private static byte[] WithMacs(Dice dice, byte[] bytes, Side victim)
    {
        if (bytes.Length is HandshakeInitiation.Size or HandshakeResponse.Size && bytes[0] is 1 or 2 && dice.OneIn(64))
        {
            victim.Macs.AddMacs(default, bytes);
        }

        return bytes;
    }
}
