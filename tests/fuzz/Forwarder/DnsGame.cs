using System.Net;
using ARSoft.Tools.Net.Dns;
using Onetun.Tunnel.Names;

namespace Onetun.Fuzz.Forwarder;

/// <summary>Answers of resolvers: the library may throw at what is none, which is caught, but it must come to an end.</summary>
internal sealed class DnsGame : Game
{
    private static readonly IPEndPoint Resolver = new(IPAddress.Loopback, 53);

    // Www.example IN A: an alias, and an address of it
    private static readonly byte[] Answer =
    [
        0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0, 3, (byte)'w', (byte)'w', (byte)'w', 7, .. "example"u8, 0, 0, 1, 0, 1,
        0xC0, 0x0C, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, (byte)'a', 0xC0, 0x10, 0xC0, 0x29, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1,
    ];

    public override void Step(Dice dice)
    {
        var bytes = dice.OneIn(8) ? dice.Bytes(dice.Length(300)) : [.. Answer];
        for (var changes = dice.Next(5); changes > 0 && bytes.Length > 0; changes--)
        {
            bytes[dice.Next(bytes.Length)] = dice.Pick<byte>(0xC0, 0, 0x3F, (byte)dice.Next(bytes.Length), (byte)dice.Next(256));
        }

        bytes = dice.OneIn(8) ? bytes[..dice.Next(bytes.Length + 1)] : bytes;
        Inputs++;
        Story?.Add($"  {Convert.ToHexString(bytes)}");
        if (DnsPackage.TryRead(bytes, Resolver, Resolver) is null)
        {
            return;
        }

        try
        {
            DnsMessage.Parse(bytes);
        }
#pragma warning disable CA1031 // The library has no list of what it throws, and who asks it catches all.
        catch (Exception)
#pragma warning restore CA1031
        {
            Story?.Add("  no message");
        }
    }
}
