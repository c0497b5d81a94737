namespace Onetun.NetStack;

/// <summary>
/// Our addresses, one of which is the source for each destination (RFC 6724 §5). The rules about deprecated, home and temporary
/// addresses, and those of other interfaces (3, 4, 5, 7), do not apply in a tunnel.
/// </summary>
internal sealed class SourceAddresses(IReadOnlyList<InterfaceAddress> ours)
{
    private const int AddressBits = 128;
    private const int MappedBits = 96;

    // The policy table of RFC 6724 §2.1; an address in none of these has label 1
    private static readonly (UInt128 Prefix, int Length, int Label)[] Labels =
    [
        (new UInt128(0xFC00UL << 48, 0), 7, 13),
        (new UInt128(0x2002UL << 48, 0), 16, 2),
        (new UInt128(0x2001UL << 48, 0), 32, 5),
        (new UInt128(0xFEC0UL << 48, 0), 10, 11),
        (new UInt128(0x3FFEUL << 48, 0), 16, 12),
    ];

    private readonly (IpAddress Address, int PrefixLength)[] _ours = [.. ours.Select(one =>
    {
        var address = IpAddress.From(one.Address);
        return (address, one.PrefixLength + (address.IsIPv4 && one.PrefixLength <= 32 ? MappedBits : 0));
    })];

    /// <summary>Finds the source address for a destination; false if none is of its IP version.</summary>
    public bool TryFind(in IpAddress destination, out IpAddress source)
    {
        (IpAddress Address, int PrefixLength)? best = null;
        foreach (var one in _ours)
        {
            if (one.Address == destination)
            {
                source = destination; // Rule 1
                return true;
            }

            if (one.Address.IsIPv4 == destination.IsIPv4 && (best is not { } other || IsBetter(one, other, destination)))
            {
                best = one;
            }
        }

        source = best?.Address ?? default;
        return best is not null;
    }

    private static bool IsBetter(
        (IpAddress Address, int PrefixLength) one, (IpAddress Address, int PrefixLength) other, in IpAddress destination)
    {
        var (common, commonOfOther) = (Common(one, destination), Common(other, destination));
        var (holds, otherHolds) = (common == one.PrefixLength, commonOfOther == other.PrefixLength);
        if (holds || otherHolds)
        {
            return holds && (!otherHolds || common > commonOfOther);
        }

        if (destination.IsIPv4)
        {
            return false;
        }

        var (scope, scopeOfOther) = (Scope(one.Address), Scope(other.Address));
        if (scope != scopeOfOther)
        {
            // Rule 2: the smallest scope that includes the destination's
            return scope < scopeOfOther == Math.Min(scope, scopeOfOther) >= Scope(destination);
        }

        var label = Label(destination);
        var (isLike, otherIsLike) = (Label(one.Address) == label, Label(other.Address) == label);
        return isLike != otherIsLike ? isLike : common > commonOfOther; // Rules 6 and 8
    }

    /// <summary>CommonPrefixLen of RFC 6724 §2.2: no more than the address's own prefix.</summary>
    private static int Common((IpAddress Address, int PrefixLength) one, in IpAddress destination) =>
        Math.Min((int)UInt128.LeadingZeroCount(one.Address.Value ^ destination.Value), one.PrefixLength);

    // Link-local, site-local and global scope (RFC 6724 §3.1)
    private static int Scope(in IpAddress address) => (address.High >> 54) switch
    {
        0xFE80 >> 6 => 2,
        0xFEC0 >> 6 => 5,
        _ => 14,
    };

    private static int Label(in IpAddress address)
    {
        foreach (var (prefix, length, label) in Labels)
        {
            if ((address.Value ^ prefix) >> (AddressBits - length) == UInt128.Zero)
            {
                return label;
            }
        }

        return 1;
    }
}
