namespace Onetun.NetStack;

/// <summary>Why a connection ended.</summary>
internal enum TcpEnd
{
    None,

    /// <summary>Both sides closed.</summary>
    Graceful,

    /// <summary>Our SYN was answered with a reset, or a reset came in SYN-RECEIVED.</summary>
    Refused,

    /// <summary>The peer reset it.</summary>
    Reset,

    /// <summary>The peer no longer answers.</summary>
    TimedOut,

    NetworkUnreachable,
    HostUnreachable,

    /// <summary>It was aborted on this side.</summary>
    Aborted,

    /// <summary>A fault in this code ended it.</summary>
    Fault,
}
