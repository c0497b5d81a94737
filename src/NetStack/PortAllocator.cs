namespace Onetun.NetStack;

/// <summary>Allocates ephemeral ports: from a secret offset for each destination, and a counter (RFC 6056 §3.3.3).</summary>
internal sealed class PortAllocator(FlowSecret secret)
{
    /// <summary>The first port of the range: RFC 6056 §3.2 asks for all ports above the well-known ones.</summary>
    private const int First = 1024;
    private const int Count = 65536 - First;

    /// <summary>The dynamic ports, which are assigned to no service (RFC 6335 §6).</summary>
    private const int FirstDynamic = 49152;

    private uint _next;

    /// <summary>Gives a listener its port, if that is free; 0 takes any free one. Null if there is none.</summary>
    public static TQueue? Bind<TQueue>(Dictionary<ushort, TQueue> listeners, int port, Func<ushort, TQueue> create)
        where TQueue : class
    {
        if (port == 0)
        {
            port = Enumerable.Range(FirstDynamic, 65536 - FirstDynamic).FirstOrDefault(p => !listeners.ContainsKey((ushort)p));
        }

        var queue = create((ushort)port);
        return port != 0 && listeners.TryAdd((ushort)port, queue) ? queue : null;
    }

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
