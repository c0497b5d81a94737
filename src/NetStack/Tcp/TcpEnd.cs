namespace Onetun.NetStack;

/// <summary>Why a connection ended.</summary>
internal enum TcpEnd
{
    None,

    /// <summary>Both sides closed.</summary>
    Graceful,

    /// <summary>RST to our SYN.</summary>
    Refused,

    /// <summary>RST from the peer.</summary>
    Reset,

    /// <summary>The peer no longer answers.</summary>
    TimedOut,

    NetworkUnreachable,
    HostUnreachable,

    /// <summary>We ended it.</summary>
    Aborted,

    /// <summary>A fault in this code ended it.</summary>
    Fault,
}
