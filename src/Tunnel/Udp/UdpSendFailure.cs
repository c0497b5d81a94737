namespace Onetun.Tunnel;

/// <summary>Why a datagram could not be sent.</summary>
internal enum UdpSendFailure
{
    Congested,
    Unreachable,
    TooLarge,
    Forbidden,
    Other,
}
