using System.Text;
using Onetun.Tunnel.Names;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.Forwarder;

/// <summary>Names, and answers of resolvers.</summary>
internal sealed class DnsGame : Game
{
    private const int LongestName = 255;

    // Www.example IN A
    private static readonly DnsQuestion Question = new(0x1234, [3, .. "www"u8, 7, .. "example"u8, 0], DnsRecordType.A);

    // An alias, and an address of it
    private static readonly byte[] Answer =
    [
        0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0, 3, .. "www"u8, 7, .. "example"u8, 0, 0, 1, 0, 1,
        0xC0, 0x0C, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, (byte)'a', 0xC0, 0x10, 0xC0, 0x29, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1,
    ];

    // Each takes a pointer, ten bytes of its own, and four of an address
    private const int SmallestRecord = 16;

    public override void Step(Dice dice)
    {
        Inputs++;
        if (dice.OneIn(8))
        {
            Encode(dice);
        }
        else
        {
            Read(dice);
        }
    }

    private void Read(Dice dice)
    {
        var bytes = dice.OneIn(8) ? dice.Bytes(dice.Length(300)) : [.. Answer];
        for (var changes = dice.Next(5); changes > 0 && bytes.Length > 0; changes--)
        {
            bytes[dice.Next(bytes.Length)] = dice.Pick<byte>(0xC0, 0, 0x3F, (byte)dice.Next(bytes.Length), (byte)dice.Next(256));
        }

        bytes = dice.OneIn(8) ? bytes[..dice.Next(bytes.Length + 1)] : bytes;
        Story?.Add($"  {Convert.ToHexString(bytes)}");
        if (DnsAnswer.TryRead(bytes, Question) is { } answer)
        {
            Require(bytes.AsSpan(0, 2).SequenceEqual(Question.Message.Span[..2]), "an answer has the question's ID");
            Require(Ascii.EqualsIgnoreCase(bytes.AsSpan(12, Question.Message.Length - 12), Question.Message.Span[12..]), "an answer repeats the question");
            Require(answer.Addresses.Count <= (bytes.Length - Question.Message.Length) / SmallestRecord, "an address takes its bytes");
            Require(answer.TimeToLive >= TimeSpan.Zero, "a life is not negative");
        }
    }

    private void Encode(Dice dice)
    {
        var host = Encoding.Latin1.GetString(dice.Bytes(dice.Length(300))).Replace('\xFF', '.');
        host = dice.OneIn(2) ? string.Concat(host.Select(c => dice.Pick((char)(c & 0x7F), '.', 'a'))) : host;
        Story?.Add($"  {Convert.ToHexString(Encoding.Latin1.GetBytes(host))}");
        if (!DnsName.TryEncode(host, out var name))
        {
            return;
        }

        Require(name.Length <= LongestName, "a name has at most 255 bytes");
        var at = 0;
        while (name[at] != 0)
        {
            Require(name[at] <= 63, "a label has at most 63 bytes");
            at += 1 + name[at];
        }

        Require(at == name.Length - 1, "a name ends with the root");
    }
}
