namespace Onetun.Forwarder.Common;

/// <summary>What a port forward carries.</summary>
[Flags]
internal enum Protocols
{
    None = 0,
    Tcp = 1,
    Udp = 2,
}
