namespace Onetun.NetStack;

/// <summary>What the fragments of one datagram have in common: RFC 791 §3.2, RFC 8200 §4.5.</summary>
/// <param name="Source">Who sent it.</param>
/// <param name="Destination">Whom it is for.</param>
/// <param name="Identification">16 bits in IPv4, 32 in IPv6.</param>
/// <param name="Version">Whose rules hold; and no IPv6 packet joins an IPv4 one, whatever its addresses.</param>
/// <param name="Protocol">0 in IPv6, where later fragments need not repeat it.</param>
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
