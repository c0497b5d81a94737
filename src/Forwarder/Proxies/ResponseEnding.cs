namespace Onetun.Forwarder.Proxies;

/// <summary>What becomes of a client's connection after a response.</summary>
internal enum ResponseEnding
{
    /// <summary>That is not known yet.</summary>
    None,

    /// <summary>It takes the next request.</summary>
    Kept,

    /// <summary>It ends.</summary>
    Closed,

    /// <summary>It speaks another protocol (RFC 9110 §15.2.2).</summary>
    Upgraded,
}
