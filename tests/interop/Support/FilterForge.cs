namespace Onetun.Interop;

/// <summary>Filters in all words of the language and all its shapes, most of which make sense.</summary>
internal sealed class FilterForge(Random random)
{
    private static readonly string[] Protocols =
        ["ip", "ip6", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp", "esp", "ah", "pim", "vrrp"];

    private static readonly string[] Directions =
        ["src", "dst", "src or dst", "dst or src", "src and dst", "dst and src", "src || dst", "dst && src"];

    private static readonly string[] Nets4 =
    [
        "10", "192.168", "10.0", "10.0.0", "192.168.4.0/24", "10.0.0.0/8", "10.0/16", "0.0.0.0/0", "192.168.4.2/31", "10.1.2.3/32",
        "10.0.0.0 mask 255.0.0.0", "10.0.0.1 mask 255.0.0.255", "192.168 mask 255.255", "10.0.0.2", "0", "2748",
        "10.0.0.1/8", "10.0.0.0/33", "10.0.0.1 mask 255.0.0.0", "10/8", "10.0.0.0 mask 255", "256.1",
    ];

    private static readonly string[] Nets6 =
    [
        "fd00::/8", "fd00::/64", "fd00::/63", "fe80::/10", "::/0", "2001:db8::/32", "::ffff:0:0/96", "fd00::1", "fd00::1/128",
        "fd00::1/64", "fd00::/129", "fd00:::/8",
    ];

    private static readonly string[] Hosts =
    [
        .. RawPackets.Ipv4Addresses, .. RawPackets.Ipv4Addresses, .. RawPackets.Ipv6Addresses, .. RawPackets.Ipv6Addresses,
        "80", "0x0a000001", "167772161", "10.1", "010.0.0.1", "fd00::1/128", "::ffff:a00:1", "10.0.0.1/32", "10.0.0.256", "4294967296",
    ];

    private static readonly string[] PortNumbers =
        [.. RawPackets.Ports.Select(port => $"{port}"), "0120", "0x50", "080", "65536", "10.1", "fd00::1"];

    private static readonly string[] Ranges =
        ["0-65535", "22-80", "80-22", "443-443", "8000-8080", "80", "8000-65535", "080-443", "22-65536", "80 - 90", "22-"];

    private static readonly string[] Numbers = ["6", "17", "1", "58", "44", "132", "47", "0", "43", "\\tcp", "\\udp", "\\icmp", "tcp", "\\icmp6"];

    private static readonly string[] Words =
    [
        "ip", "ip6", "tcp", "udp", "icmp", "host", "net", "port", "portrange", "proto", "src", "dst", "src or dst", "and", "or", "not",
        "!", "(", ")", "(", ")", "80", "10", "10.0.0.1", "10.0.0.0/8", "fd00::1", "fd00::/8", "/", "mask", "255.0.0.0", "22-80",
        "and", "or", "host", "port", "src", "dst", "tcp",
    ];

    public string Next() => random.Next(4) > 0 ? Expression(2) : Heap();

    /// <summary>Words in no order, a few of which make sense.</summary>
    private string Heap() => string.Join(' ', Enumerable.Range(0, random.Next(1, 9)).Select(_ => Pick(Words)));

    private string Expression(int depth)
    {
        var text = Term(depth);
        for (var more = Pick(0, 0, 1, 1, 2, 3); more > 0; more--)
        {
            text += $" {Operator()} {Term(depth)}";
        }

        return text;
    }

    private string Term(int depth) => random.Next(10) switch
    {
        0 => $"{Negation()}{Term(depth)}",
        1 or 2 when depth > 0 => $"({Expression(depth - 1)})",
        3 or 4 => Pick(Protocols),
        _ => Condition(depth),
    };

    private string Condition(int depth)
    {
        var (kind, values, protocols) = random.Next(9) switch
        {
            0 or 1 => ("host ", Hosts, ["ip", "ip6"]),
            2 => ("net ", Nets4, ["ip"]),
            3 => ("net ", Nets6, ["ip6"]),
            4 or 5 => ("port ", PortNumbers, ["tcp", "udp", "sctp"]),
            6 => ("portrange ", Ranges, ["tcp", "udp", "sctp"]),
            7 => ("proto ", Numbers, ["ip", "ip6"]),
            _ => ("", Hosts, Protocols),
        };
        var protocol = random.Next(12) switch
        {
            0 => $"{Pick(Protocols)} ",
            < 4 => $"{Pick(protocols)} ",
            _ => "",
        };
        var direction = kind == "" || (kind != "proto " && random.Next(2) == 0) ? $"{Pick(Directions)} " : "";
        return $"{protocol}{direction}{kind}{Values(values, depth)}";
    }

    /// <summary>A value, and others that take its words.</summary>
    private string Values(string[] from, int depth)
    {
        var text = Value(from);
        for (var more = Pick(0, 0, 0, 1, 2); more > 0; more--)
        {
            text += random.Next(4) > 0 || depth == 0
                ? $" {Operator()} {Value(from)}"
                : $" {Operator()} ({Value(from)} {Operator()} {Value(from)})";
        }

        return random.Next(8) == 0 ? $"({text})" : text;
    }

    // The first half of the values make sense, the last ones may not
    private string Value(string[] from)
    {
        var value = from[random.Next(random.Next(4) == 0 ? from.Length : from.Length / 2)];
        return random.Next(8) == 0 ? $"{Negation()}{value}" : value;
    }

    private string Operator() => Pick("and", "or", "or", "&&", "||");

    private string Negation() => Pick("not ", "! ", "!");

    private T Pick<T>(params ReadOnlySpan<T> from) => from[random.Next(from.Length)];
}
