namespace Onetun.Capture;

/// <summary>
/// What the words mean, in tests: each of those that libpcap makes for LINKTYPE_RAW, where the version of IP is all that tells
/// one kind of packet from another.
/// </summary>
internal sealed class FilterPrimitives(FilterBuilder builder)
{
    private const ushort Ipv4Protocol = 9;
    private const ushort Ipv4Fragment = 6;
    private const uint FragmentOffset = 0x1FFF;
    private const ushort Ipv4Source = 12;
    private const ushort Ipv4Destination = 16;
    private const ushort Ipv6NextHeader = 6;
    private const ushort Ipv6Source = 8;
    private const ushort Ipv6Destination = 24;
    private const ushort Ipv6HeaderLength = 40;
    private const byte FragmentHeader = 44;
    private const int Ipv6Bits = 128;
    private const int WordBits = 32;

    /// <summary>A protocol's own word.</summary>
    public FilterCondition Is(FilterProtocol protocol) => protocol.Number is { } number
        ? Carries(number, protocol.IsInIpv4, protocol.IsInIpv6)
        : IsVersion(protocol.IsInIpv4 ? 4u : 6u);

    /// <summary>A protocol by its number.</summary>
    public FilterCondition Carries(byte number, bool inIpv4, bool inIpv6) => (inIpv4, inIpv6) switch
    {
        (true, false) => Ipv4Carries(number),
        (false, true) => Ipv6Carries(number),
        _ => builder.Or(Ipv4Carries(number), Ipv6Carries(number)),
    };

    /// <summary>An IPv4 address or network.</summary>
    public FilterCondition HasAddress(FilterDirection direction, uint address, uint mask) => builder.And(
        IsVersion(4),
        AtEnds(direction, Ipv4Source, Ipv4Destination, offset =>
            builder.Add(new FilterTest(FilterField.Word, offset, mask, address, address))));

    /// <summary>An IPv6 address or network.</summary>
    public FilterCondition HasAddress(FilterDirection direction, UInt128 address, UInt128 mask) => builder.And(
        IsVersion(6),
        AtEnds(direction, Ipv6Source, Ipv6Destination, offset => IsIpv6(offset, address, mask)));

    /// <summary>A port of a protocol, or of all that have ports.</summary>
    public FilterCondition HasPort(FilterProtocol? protocol, FilterDirection direction, ushort low, ushort high) =>
        builder.Or(HasIpv4Port(protocol, direction, low, high), HasIpv6Port(protocol, direction, low, high));

    private FilterCondition IsVersion(uint version) => builder.Add(FilterTest.ByteIs(0, version << 4, mask: 0xF0));

    private FilterCondition Ipv4Carries(byte number) =>
        builder.And(IsVersion(4), builder.Add(FilterTest.ByteIs(Ipv4Protocol, number)));

    private FilterCondition Ipv6Carries(byte number)
    {
        var isIpv6 = IsVersion(6);
        var isNext = builder.Add(FilterTest.ByteIs(Ipv6NextHeader, number));
        var isFragment = builder.Add(FilterTest.ByteIs(Ipv6NextHeader, FragmentHeader));
        var isFragmented = builder.And(isFragment, builder.Add(FilterTest.ByteIs(Ipv6HeaderLength, number)));
        return builder.And(isIpv6, builder.Or(isNext, isFragmented));
    }

    // Words of which the mask leaves nothing are looked at too, so that a packet which ends before them is not taken
    private FilterCondition IsIpv6(ushort offset, UInt128 address, UInt128 mask)
    {
        FilterCondition? all = null;
        for (var shift = Ipv6Bits - WordBits; shift >= 0; shift -= WordBits, offset += sizeof(uint))
        {
            var word = (uint)(address >> shift);
            var one = builder.Add(new FilterTest(FilterField.Word, offset, (uint)(mask >> shift), word, word));
            all = all is null ? one : builder.And(all.Value, one);
        }

        return all!.Value;
    }

    // Only the first fragment has the ports
    private FilterCondition HasIpv4Port(FilterProtocol? protocol, FilterDirection direction, ushort low, ushort high)
    {
        var hasPorts = builder.And(IsVersion(4), CarriesAny(Ipv4Protocol, protocol));
        var isFirst = builder.Add(new FilterTest(FilterField.Half, Ipv4Fragment, FragmentOffset, 0, 0));
        return builder.And(builder.And(hasPorts, isFirst), IsPort(FilterField.HalfBehindIpv4, 0, direction, low, high));
    }

    private FilterCondition HasIpv6Port(FilterProtocol? protocol, FilterDirection direction, ushort low, ushort high)
    {
        var hasPorts = builder.And(IsVersion(6), CarriesAny(Ipv6NextHeader, protocol));
        return builder.And(hasPorts, IsPort(FilterField.Half, Ipv6HeaderLength, direction, low, high));
    }

    private FilterCondition CarriesAny(ushort offset, FilterProtocol? protocol)
    {
        if (protocol?.Number is { } one)
        {
            return builder.Add(FilterTest.ByteIs(offset, one));
        }

        FilterCondition? any = null;
        foreach (var number in FilterProtocol.WithPorts)
        {
            var next = builder.Add(FilterTest.ByteIs(offset, number));
            any = any is null ? next : builder.Or(any.Value, next);
        }

        return any!.Value;
    }

    private FilterCondition IsPort(FilterField field, ushort offset, FilterDirection direction, ushort low, ushort high) =>
        AtEnds(direction, offset, (ushort)(offset + sizeof(ushort)), at =>
            builder.Add(new FilterTest(field, at, ushort.MaxValue, low, high)));

    private FilterCondition AtEnds(
        FilterDirection direction, ushort source, ushort destination, Func<ushort, FilterCondition> make) => direction switch
        {
            FilterDirection.Source => make(source),
            FilterDirection.Destination => make(destination),
            FilterDirection.Both => builder.And(make(source), make(destination)),
            _ => builder.Or(make(source), make(destination)),
        };
}
