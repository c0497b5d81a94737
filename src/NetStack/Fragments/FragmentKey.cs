namespace Onetun.NetStack;

/// <summary>What identifies the fragments of one datagram (RFC 791 §3.2, RFC 8200 §4.5).</summary>
/// <param name="Source">Its source.</param>
/// <param name="Destination">Its destination.</param>
/// <param name="Identification">16 bits in IPv4, 32 bits in IPv6.</param>
/// <param name="Version">Its IP version, since fragments of different versions never join, whatever their addresses.</param>
/// <param name="Protocol">Its protocol; 0 in IPv6, where later fragments need not repeat it.</param>
internal readonly record struct FragmentKey(
    IpAddress Source, IpAddress Destination, uint Identification, byte Version, byte Protocol)
{
    public static FragmentKey Of(in IpHeader header) => new(
        header.Source,
        header.Destination,
        header.Identification,
        (byte)header.Version,
        header.Version == 4 ? header.Protocol : (byte)0);
}
