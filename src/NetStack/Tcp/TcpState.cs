namespace Onetun.NetStack;

/// <summary>The states of RFC 9293 §3.3.2; LISTEN is <see cref="ListenQueue"/>, CLOSED is the absence of a connection.</summary>
internal enum TcpState
{
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
    Closed,
}
