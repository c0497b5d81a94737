using System.Diagnostics.CodeAnalysis;

namespace Onetun.Capture;

/// <summary>
/// Which packets are wanted, in the language of tcpdump (pcap-filter(7)), for raw IPv4 and IPv6 packets and without libpcap:
/// <c>tcp port 443 and not host 10.0.0.7</c>. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// A condition is <c>host</c>, <c>net</c>, <c>port</c>, <c>portrange</c> or <c>proto</c> with a value; before it may stand a
/// protocol (<c>ip</c>, <c>ip6</c>, <c>tcp</c>, <c>udp</c>, …, each of which is also a condition by itself) and a direction
/// (<c>src</c>, <c>dst</c>, <c>src or dst</c>, <c>src and dst</c>). Conditions are joined by <c>not</c>, <c>and</c>, <c>or</c>
/// (<c>!</c>, <c>&amp;&amp;</c>, <c>||</c>) and parentheses. As in tcpdump <c>and</c> and <c>or</c> bind equally, from the left,
/// and a value alone takes the words of the value before it: <c>tcp port 80 or 443</c>. Hosts, ports and networks are numbers.
/// </para>
/// <para>
/// As in libpcap, a port is that of TCP, UDP or SCTP, and is seen neither in a later fragment of IPv4 nor behind an extension
/// header of IPv6, and a protocol is seen behind no extension header but that of fragments.
/// </para>
/// </remarks>
public sealed class PacketFilter
{
    /// <summary>Longer texts are refused.</summary>
    internal const int MaxLength = 4096;

    /// <summary>Parentheses in parentheses: more are refused.</summary>
    internal const int MaxDepth = 64;

    private readonly string _text;
    private readonly FilterStep[] _steps;

    private PacketFilter(string text, FilterStep[] steps)
    {
        _text = text;
        _steps = steps;
    }

    /// <summary>Reads a filter of at most 4,096 characters, with at most 64 parentheses in each other.</summary>
    /// <exception cref="FormatException">The text is no filter; the message says why and what to write.</exception>
    public static PacketFilter Parse(string text) =>
        TryParse(text, out var filter, out var fault) ? filter : throw new FormatException(fault.Message);

    /// <summary>Reads a filter as <see cref="Parse"/> does, or says what is wrong with it, and where.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out PacketFilter? filter, [NotNullWhen(false)] out PacketFilterFault? fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        filter = FilterParser.TryParse(text, out var steps, out fault) ? new PacketFilter(text, steps) : null;
        return filter is not null;
    }

    /// <summary>
    /// Whether a packet is wanted: a whole one, from its IP header on. One that ends before a field that had to be looked at is
    /// not, whatever the filter, as in libpcap. Does not throw, whatever the bytes are, and does not allocate.
    /// </summary>
    public bool Matches(ReadOnlySpan<byte> packet)
    {
        var next = 0;
        do
        {
            ref readonly var step = ref _steps[next];
            if (!step.Test.TryRun(packet, out var holds))
            {
                return false;
            }

            next = holds ? step.Then : step.Else;
        }
        while (next >= 0);
        return next == FilterStep.Accept;
    }

    /// <summary>The text that it was read from.</summary>
    public override string ToString() => _text;
}
