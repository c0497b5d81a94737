namespace Onetun.Capture;

/// <summary>Which end of a packet a value is compared with.</summary>
internal enum FilterDirection
{
    Either,
    Source,
    Destination,
    Both,
}

/// <summary>What a value stands for.</summary>
internal enum FilterKind
{
    /// <summary>Nothing said so: a value alone is refused.</summary>
    Unknown,

    /// <summary>A host, because no other word stood behind the direction.</summary>
    Unsaid,

    Host,
    Net,
    Port,
    PortRange,
    Protocol,
}

/// <summary>The words before a value, which the values after it take on: <c>tcp dst port 80 or 443</c>.</summary>
internal readonly record struct FilterQualifier(FilterProtocol? Protocol, FilterDirection Direction, FilterKind Kind)
{
    public bool IsAddress => Kind is FilterKind.Unsaid or FilterKind.Host or FilterKind.Net;
}
