namespace Onetun.NetStack;

/// <summary>The states of RFC 9293 §3.3.2; LISTEN is a listener, CLOSED is the absence of a connection.</summary>
public enum TcpState
{
    /// <summary>We have sent a SYN.</summary>
    SynSent,

    /// <summary>We have answered a SYN, and wait for the last segment of the handshake.</summary>
    SynReceived,

    /// <summary>Open both ways.</summary>
    Established,

    /// <summary>We have sent a FIN, which is not acknowledged yet.</summary>
    FinWait1,

    /// <summary>Our FIN is acknowledged; the peer may go on sending.</summary>
    FinWait2,

    /// <summary>The peer has sent a FIN; we may go on sending.</summary>
    CloseWait,

    /// <summary>Both have sent a FIN, and ours is not acknowledged yet.</summary>
    Closing,

    /// <summary>The peer has sent a FIN, and then we did, which is not acknowledged yet.</summary>
    LastAck,

    /// <summary>It has ended, and late segments of it are waited for.</summary>
    TimeWait,

    /// <summary>It has ended.</summary>
    Closed,
}
