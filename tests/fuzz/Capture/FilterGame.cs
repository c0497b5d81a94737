using Onetun.Capture;
using Onetun.Fuzz.NetStack;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.Capture;

/// <summary>Filters of packets, whatever their text, on packets whatever they are.</summary>
internal sealed class FilterGame : Game
{
    private static readonly string[] Words =
    [
        "ip", "ip6", "tcp", "udp", "sctp", "icmp", "icmp6", "host", "net", "port", "portrange", "proto", "src", "dst", "mask", "and", "or",
        "or", "and", "not", "!", "&&", "||", "(", ")", "/", "8", "80", "443", "4000", "65536", "0x50", "010", "10", "10.0.0.1", "10.0.0.9",
        "10.0.0.0/8", "255.0.0.0", "256.1", "fd00::1", "fd00::/8", "::", ":", "1-65535", "-", "\\tcp", "a.example", "tcp port 80",
        "host 10.0.0.1", "net fd00::/8", "src or dst", "port 80 or 4000", "not ip",
    ];

    public override void Step(Dice dice)
    {
        var text = Text(dice);
        Inputs++;
        Story?.Add($"  {text}");
        if (!PacketFilter.TryParse(text, out var filter, out var fault))
        {
            Require(fault.Message.Length > 0 && !fault.Message.Any(char.IsControl), "a fault has words, in one line");
            Require(fault.Position >= 0 && fault.Length >= 0 && fault.Position + fault.Length <= text.Length, "a fault lies in its text");
            Require(fault.Picture.Contains('^', StringComparison.Ordinal), "a picture has a caret");
            return;
        }

        Require(PacketFilter.TryParse($"({text})", out var same, out _), "a filter in parentheses is one");
        Require(PacketFilter.TryParse($"not ({text})", out var opposite, out _), "a filter can be negated");
        for (var i = 0; i < 4; i++)
        {
            var packet = PacketForge.Damaged(dice);
            Inputs++;
            Story?.Add($"  {Convert.ToHexString(packet)}");
            var isTaken = filter.Matches(packet);
            Require(same!.Matches(packet) == isTaken, "a filter in parentheses is the same");
            Require(!isTaken || !opposite!.Matches(packet), "no packet is taken by a filter and by its negation");
        }
    }

    private static string Text(Dice dice)
    {
        var text = "";
        for (var count = dice.Length(40); count > 0; count--)
        {
            text += dice.OneIn(60) ? $"{(char)dice.Next(1, 300)}" : dice.Pick<string>(Words);
            text += dice.OneIn(8) ? "" : " ";
        }

        return text;
    }
}
