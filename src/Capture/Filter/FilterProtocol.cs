using System.Collections.Frozen;

namespace Onetun.Capture;

/// <summary>A protocol that has a word of its own.</summary>
/// <param name="Name">The word.</param>
/// <param name="IsInIpv4">Whether the word means it in IPv4.</param>
/// <param name="IsInIpv6">Whether the word means it in IPv6.</param>
/// <param name="Number">Its number inside IP, or nothing if it is IP.</param>
internal sealed record FilterProtocol(string Name, bool IsInIpv4, bool IsInIpv6, byte? Number)
{
    private const byte SctpNumber = 132;
    private const byte TcpNumber = 6;
    private const byte UdpNumber = 17;

    private static readonly FrozenDictionary<string, FilterProtocol> All = new FilterProtocol[]
    {
        new("ip", true, false, null),
        new("ip6", false, true, null),
        new("tcp", true, true, TcpNumber),
        new("udp", true, true, UdpNumber),
        new("sctp", true, true, SctpNumber),
        new("icmp", true, false, 1),
        new("icmp6", false, true, 58),
        new("igmp", true, false, 2),
        new("esp", true, true, 50),
        new("ah", true, true, 51),
        new("pim", true, true, 103),
        new("vrrp", true, false, 112),
    }.ToFrozenDictionary(protocol => protocol.Name);

    /// <summary>The numbers of those that have ports.</summary>
    public static ReadOnlySpan<byte> WithPorts => [SctpNumber, TcpNumber, UdpNumber];

    public bool HasPorts => Number is SctpNumber or TcpNumber or UdpNumber;

    public static FilterProtocol? Find(string word) => All.GetValueOrDefault(word);
}
