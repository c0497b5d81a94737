namespace Onetun.Forwarder.Http;

/// <summary>How the reading of a head ended.</summary>
internal enum HeadOutcome
{
    /// <summary>All of it has come, with the empty line.</summary>
    Whole,

    /// <summary>The input ended before anything came.</summary>
    None,

    /// <summary>The input ended before the empty line.</summary>
    CutOff,

    /// <summary>It begins with what no method and no version begins with.</summary>
    NotHttp,

    /// <summary>A line ends in LF without CR: others on the way might find the end of the head elsewhere (RFC 9112 §2.2).</summary>
    BareLineFeed,

    /// <summary>The empty line did not come within the longest head allowed.</summary>
    TooLong,
}

/// <summary>A head, as far as it came.</summary>
/// <param name="Outcome">How its reading ended.</param>
/// <param name="Bytes">All of it, the empty line included; empty unless it is whole.</param>
internal readonly record struct ReceivedHead(HeadOutcome Outcome, byte[] Bytes);
