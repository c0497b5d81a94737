namespace Onetun.NetStack;

/// <summary>Allocates ephemeral ports: from a secret offset for each destination, and a counter (RFC 6056 §3.3.3).</summary>
internal sealed class PortAllocator(FlowSecret secret)
{
    /// <summary>The first port of the range: RFC 6056 §3.2 asks for all ports above the well-known ones.</summary>
    private const int First = 1024;
    private const int Count = 65536 - First;

    private uint _next;

    /// <summary>Finds a port whose flow is not in use.</summary>
    public bool TryAllocate(IpAddress local, IpAddress remote, ushort remotePort, Func<FlowKey, bool> isTaken, out FlowKey flow)
    {
        var offset = secret.Port(new FlowKey(local, remote, 0, remotePort));
        for (var tries = 0; tries < Count; tries++)
        {
            flow = new FlowKey(local, remote, (ushort)(First + ((offset + _next++) % Count)), remotePort);
            if (!isTaken(flow))
            {
                return true;
            }
        }

        flow = default;
        return false;
    }
}
