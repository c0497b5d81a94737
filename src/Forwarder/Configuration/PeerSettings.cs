namespace Onetun.Forwarder.Configuration;

/// <summary>A peer as it was written.</summary>
internal sealed record PeerSettings
{
    /// <summary>Names it in faults; empty for the one of the command line.</summary>
    public string Name { get; init; } = "";

    public Setting PublicKey { get; init; }

    public Setting PresharedKey { get; init; }

    public Setting EndpointAddr { get; init; }

    public Setting AllowedIPs { get; init; }

    public Setting KeepAlive { get; init; }

    /// <summary>This, and where it says nothing, the other.</summary>
    public PeerSettings Over(PeerSettings other) => other with
    {
        PublicKey = PublicKey.Over(other.PublicKey),
        PresharedKey = PresharedKey.Over(other.PresharedKey),
        EndpointAddr = EndpointAddr.Over(other.EndpointAddr),
        AllowedIPs = AllowedIPs.Over(other.AllowedIPs),
        KeepAlive = KeepAlive.Over(other.KeepAlive),
    };
}
