namespace Onetun.NetStack;

/// <summary>
/// A way that the packets to many hosts have in common, as the outer path to a WireGuard peer is: what is found about it on
/// the way to one of them holds for all.
/// </summary>
public sealed class NetworkPath
{
    /// <summary>The longest packet that comes through, bytes; null while it is not known to be shorter than the MTU.</summary>
    public int? Mtu { get; internal set; }

    /// <summary>It has been looked at, with whatever success.</summary>
    internal bool IsKnown { get; set; }

    /// <summary>When it is worth looking again.</summary>
    internal TimeSpan CheckedUntil { get; set; } = TimeSpan.MinValue;
}

/// <summary>The path that packets to an address (its 4 or 16 bytes) share with others; null if there is none.</summary>
public delegate NetworkPath? PathLookup(ReadOnlySpan<byte> address);
