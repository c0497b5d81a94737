namespace Onetun.NetStack;

/// <summary>
/// A path that packets to many hosts share, such as the outer path to a WireGuard peer: what probing one of the hosts finds holds
/// for all of them.
/// </summary>
public sealed class NetworkPath
{
    /// <summary>The path MTU, in bytes; null unless it is known to be less than the stack's MTU.</summary>
    public int? Mtu { get; internal set; }

    /// <summary>Whether a search has ended, with or without success.</summary>
    internal bool IsKnown { get; set; }

    /// <summary>When the path may be searched again.</summary>
    internal TimeSpan CheckedUntil { get; set; } = TimeSpan.MinValue;
}

/// <summary>The path that packets to an address share with others; null if there is none.</summary>
/// <param name="address">The 4 or 16 bytes of the address.</param>
public delegate NetworkPath? PathLookup(ReadOnlySpan<byte> address);
