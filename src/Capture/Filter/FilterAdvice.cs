namespace Onetun.Capture;

/// <summary>What to write instead of words that do not go together.</summary>
internal static class FilterAdvice
{
    private const string Words =
        "host, net, port, portrange, proto, src, dst, ip, ip6, tcp, udp, sctp, icmp, icmp6, igmp, esp, ah, pim or vrrp";

    /// <summary>About a word that begins no condition and has none to take words from.</summary>
    public static string Alone(FilterToken token) => token switch
    {
        { Kind: FilterTokenKind.End } => "A condition is missing at the end: write one, such as port 443, or leave the last word out",
        { Kind: not FilterTokenKind.Word } => $"Before '{token.Text}' a condition is missing: write one, such as port 443",
        { IsKeyword: true } => $"'{token.Text}' begins no condition: write it behind the value it belongs to",
        _ when FilterNumber.LooksLikeNumber(token.Text) =>
            $"'{token.Text}' does not say what it is: write port {token.Text} or another word before it",
        _ when FilterNumber.LooksLikeIpv4(token.Text) || token.Text.Contains(':', StringComparison.Ordinal) =>
            $"'{token.Text}' does not say what it is: write host {token.Text} or another word before it",
        _ => $"'{token.Text}' begins no condition: write {Words}, in small letters",
    };

    /// <summary>About words before a value that libpcap refuses too; nothing if they go together.</summary>
    public static string? Combination(FilterQualifier words) => words switch
    {
        { Protocol: null } => null,
        { IsAddress: true, Protocol: { Number: not null } protocol } =>
            $"'{protocol.Name}' has no addresses: write {protocol.Name} and {(words.Kind == FilterKind.Net ? "net" : "host")}"
            + (protocol.HasPorts && words.Kind == FilterKind.Unsaid ? ", or port if a port is meant" : ""),
        { Kind: FilterKind.Port or FilterKind.PortRange, Protocol: { HasPorts: false } protocol } =>
            $"'{protocol.Name}' has no ports: write {protocol.Name} and {(words.Kind == FilterKind.Port ? "port" : "portrange")}, "
            + "or tcp, udp or sctp instead",
        { Kind: FilterKind.Protocol, Protocol: { Number: not null } protocol } =>
            $"'{protocol.Name}' carries no protocols of IP: write proto, ip proto or ip6 proto",
        _ => null,
    };
}
