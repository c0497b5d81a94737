namespace Onetun.NetStack;

/// <summary>The four-tuple of a TCP connection or UDP flow, as seen from our end.</summary>
internal readonly record struct FlowKey(IpAddress Local, IpAddress Remote, ushort LocalPort, ushort RemotePort)
{
    /// <summary>The same flow as seen from the other end.</summary>
    public FlowKey Reversed => new(Remote, Local, RemotePort, LocalPort);

    public override string ToString() => Local.IsIPv4
        ? $"{Local}:{LocalPort} ⇄ {Remote}:{RemotePort}"
        : $"[{Local}]:{LocalPort} ⇄ [{Remote}]:{RemotePort}";
}
