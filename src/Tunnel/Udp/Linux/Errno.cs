namespace Onetun.Tunnel;

/// <summary>The error numbers of Linux that the transport tells apart.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int Again = 11;
    public const int NoMemory = 12;
    public const int AccessDenied = 13;
    public const int NoDevice = 19;
    public const int InvalidArgument = 22;
    public const int MessageTooLong = 90;
    public const int NoProtocolOption = 92;
    public const int NotSupported = 95;
    public const int NoAddressFamily = 97;
    public const int AddressNotAvailable = 99;
    public const int NetworkDown = 100;
    public const int NetworkUnreachable = 101;
    public const int NoBuffers = 105;
    public const int ConnectionRefused = 111;
    public const int HostDown = 112;
    public const int HostUnreachable = 113;

    /// <summary>Waiting a little may help.</summary>
    public static bool IsCongestion(int errno) => errno is Again or NoBuffers or NoMemory;

    /// <summary>An ICMP message about something sent earlier said so.</summary>
    public static bool IsIcmp(int errno) =>
        errno is ConnectionRefused or HostUnreachable or NetworkUnreachable or HostDown or MessageTooLong
            or NoProtocolOption;

    /// <summary>The source may be the reason: it is not an address of ours (EINVAL), or no route leads from it.</summary>
    public static bool IsOfSource(int errno) =>
        errno is InvalidArgument or NoDevice or AddressNotAvailable or NetworkDown or NetworkUnreachable or HostUnreachable;

    public static UdpSendFailure Classify(int errno) => errno switch
    {
        _ when IsCongestion(errno) => UdpSendFailure.Congested,
        NetworkUnreachable or HostUnreachable or HostDown or NetworkDown or AddressNotAvailable or NoAddressFamily
            or ConnectionRefused => UdpSendFailure.Unreachable,
        MessageTooLong => UdpSendFailure.TooLarge,
        NotPermitted or AccessDenied => UdpSendFailure.Forbidden,
        _ => UdpSendFailure.Other,
    };
}
