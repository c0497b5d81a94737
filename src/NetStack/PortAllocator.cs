namespace Onetun.NetStack;

/// <summary>Ephemeral ports, RFC 6056 §3.3.3: a secret offset for each destination, and a counter.</summary>
internal sealed class PortAllocator(FlowSecret secret)
{
    /// <summary>RFC 6056 §3.2 asks for the whole range above the well-known ports.</summary>
    private const int First = 1024;
    private const int Count = 65536 - First;

    private uint _next;

    /// <summary>A port that makes a flow no one has.</summary>
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
