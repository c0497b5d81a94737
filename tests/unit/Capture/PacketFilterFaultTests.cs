namespace Onetun.Capture.Tests;

public sealed class PacketFilterFaultTests
{
    [Theory]
    [InlineData("tcp host 10.0.0.1", "^~~~~~~~", "'tcp' has no addresses: write tcp and host")]
    [InlineData("tcp src 10.0.0.1", "^~~~~~~", "'tcp' has no addresses: write tcp and host, or port if a port is meant")]
    [InlineData("ip6 or ip port 80", "       ^~~~~~~", "'ip' has no ports: write ip and port, or tcp, udp or sctp instead")]
    [InlineData("tcp proto 6", "^~~~~~~~~", "'tcp' carries no protocols of IP: write proto, ip proto or ip6 proto")]
    [InlineData("ip host ::1", "        ^~~", "'::1' is an IPv6 address: write ip6, or leave ip out")]
    [InlineData("ip6 net 10", "        ^~", "'10' is no IPv6 address: write ip, or leave ip6 out")]
    [InlineData("host example.com", "     ^~~~~~~~~~~", "'example.com' is no address: names are not looked up, so write it in numbers")]
    [InlineData("port http", "     ^~~~", "'http' is not the number of a port: names are not looked up, so write the number")]
    [InlineData("proto gre", "      ^~~", "'gre' is not the number of a protocol: names are not looked up, so write the number")]
    [InlineData("port 80-90", "     ^~~~~", "'80-90' is a range: write portrange 80-90")]
    [InlineData("port 65536", "     ^~~~~", "A port is a number from 0 to 65535")]
    [InlineData("proto 256", "      ^~~", "A protocol is a number from 0 to 255")]
    [InlineData("net 10.0.0.1/8", "    ^~~~~~~~~~", "This address is not the first of its network: write 10.0.0.0 instead, or host")]
    [InlineData("net fd00::1/8", "    ^~~~~~~~~", "This address is not the first of its network: write fd00::/8, or host")]
    [InlineData("net 10/8", "    ^~", "'10' is too short for what follows: write all four numbers, as in 10.0.0.0/8")]
    [InlineData("net 10.0.0.0/33", "             ^~", "Behind the slash stands the length of the network, which is 0 to 32")]
    [InlineData("net 10.0.0.0 mask 5", "                  ^", "Behind 'mask' the mask of a network is missing, such as 255.255.255.0")]
    [InlineData("host 10.0.0.0/8", "     ^~~~~~~~~~", "A host has neither length nor mask: write net before it")]
    [InlineData("host 256.0.0.1", "     ^~~~~~~~~", "'256.0.0.1' is no IPv4 address: each of its numbers is 0 to 255")]
    [InlineData("tcp or", "      ^", "A condition is missing at the end: write one, such as port 443, or leave the last word out")]
    [InlineData("dst port", "        ^", "At the end the number of a port is missing, such as 443")]
    [InlineData("tcp udp", "    ^~~", "'udp' follows what is complete: write 'and' or 'or' between them")]
    [InlineData("tcp and (udp", "        ^", "This parenthesis is not closed: write ')'")]
    [InlineData("tcp)", "   ^", "This parenthesis closes none: leave it out")]
    [InlineData("10.0.0.1", "^~~~~~~~", "'10.0.0.1' does not say what it is: write host 10.0.0.1 or another word before it")]
    [InlineData("tcp[13] = 2", "   ^", "'[' has no meaning here: bytes and lengths of packets cannot be compared")]
    [InlineData("tcp & udp", "    ^", "A single & has no meaning here: write 'and'")]
    public void Fault_says_what_to_do_and_points_at_the_part(string text, string carets, string message)
    {
        Assert.False(PacketFilter.TryParse(text, out var filter, out var fault));
        Assert.Null(filter);
        Assert.Equal(message, fault.Message);
        Assert.Equal($"{text}{Environment.NewLine}{carets}", fault.Picture);
        Assert.Equal(carets.IndexOf('^', StringComparison.Ordinal), fault.Position);
        Assert.Equal(message, Assert.Throws<FormatException>(() => PacketFilter.Parse(text)).Message);
    }

    [Theory, InlineData("TCP"), InlineData("vlan 5"), InlineData("less 50")]
    public void Word_that_is_unknown_is_answered_with_those_that_are_known(string text)
    {
        Assert.False(PacketFilter.TryParse(text, out _, out var fault));
        Assert.Contains(": write host, net, port, portrange, proto, src, dst, ip, ip6, tcp, udp", fault.Message);
    }

    [Theory, InlineData(""), InlineData(" \t\n")]
    public void Empty_text_is_refused(string text)
    {
        Assert.False(PacketFilter.TryParse(text, out _, out var fault));
        Assert.Equal("A filter is not empty: write a condition, such as tcp port 443", fault.Message);
    }

    [Fact]
    public void Picture_shows_nothing_that_a_terminal_obeys()
    {
        Assert.False(PacketFilter.TryParse("tcp\nor \x1b[31m", out _, out var fault));
        Assert.Equal($"tcp or  [31m{Environment.NewLine}       ^", fault.Picture);
        Assert.Equal("Character U+001B has no meaning here: leave it out", fault.Message);
    }

    [Fact]
    public void Text_that_is_too_long_is_refused_without_reading_it()
    {
        var longest = string.Join(" or ", Enumerable.Repeat("tcp", 585)) + "  ";
        Assert.Equal(PacketFilter.MaxLength - 3, longest.Length);
        Assert.True(PacketFilter.TryParse(longest + "   ", out _, out _));
        Assert.False(PacketFilter.TryParse(longest + new string(' ', 1_000_000), out _, out var fault));
        Assert.StartsWith("A filter has at most 4096 characters", fault.Message);
        Assert.InRange(fault.Picture.Length, 1, 10_000);
    }

    [Theory, InlineData("", "tcp"), InlineData("port ", "80")]
    public void Parentheses_are_64_deep_at_most(string words, string inner)
    {
        Assert.True(PacketFilter.TryParse($"{words}{new string('(', 64)}{inner}{new string(')', 64)}", out _, out _));
        Assert.False(PacketFilter.TryParse($"{words}{new string('(', 65)}{inner}{new string(')', 65)}", out _, out var fault));
        Assert.Equal("More than 64 parentheses are open here: leave some out", fault.Message);
        Assert.Equal(words.Length + 64, fault.Position);
    }

    [Theory, InlineData("("), InlineData("!"), InlineData("not "), InlineData("port ("), InlineData("tcp or (")]
    public void Hostile_text_costs_no_stack(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, PacketFilter.MaxLength / piece.Length));
        var isFilter = true;
        var thread = new Thread(() => isFilter = PacketFilter.TryParse(text, out _, out _), maxStackSize: 128 << 10);
        thread.Start();
        thread.Join();
        Assert.False(isFilter);
    }

    [Fact]
    public void Heaps_of_words_are_filters_or_have_a_fault_that_lies_in_them()
    {
        string[] words = ["tcp", "ip6", "host", "net", "port", "src", "dst", "or", "and", "not", "(", ")", "10.0.0.1", "::1", "/", "8", "mask", "\\", "-", "x"];
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Join(random.Next(2) == 0 ? " " : "", Enumerable.Range(0, random.Next(12)).Select(_ => words[random.Next(words.Length)]));
            if (PacketFilter.TryParse(text, out var filter, out var fault))
            {
                Assert.Equal(text, filter.ToString());
            }
            else
            {
                Assert.InRange(fault.Position, 0, text.Length);
                Assert.InRange(fault.Position + fault.Length, fault.Position, text.Length);
                Assert.NotEmpty(fault.ToString());
            }
        }
    }
}
