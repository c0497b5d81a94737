namespace Onetun.NetStack;

/// <summary>What went wrong according to an ICMP error of either IP version.</summary>
internal enum IcmpErrorKind
{
    NetworkUnreachable,
    HostUnreachable,
    ProtocolUnreachable,
    PortUnreachable,
    AdministrativelyProhibited,
    PacketTooBig,
    TimeExceeded,
    ParameterProblem,
}
