namespace Onetun.NetStack;

/// <summary>What an ICMP error says, whichever the IP version.</summary>
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
