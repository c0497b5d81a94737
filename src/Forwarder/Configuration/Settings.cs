namespace Onetun.Forwarder.Configuration;

/// <summary>All that was written on the command line and in the environment, not yet understood.</summary>
internal sealed record Settings
{
    public IReadOnlyList<Setting> PortForwards { get; init; } = [];

    public IReadOnlyList<Setting> RemotePortForwards { get; init; } = [];

    public Setting PrivateKey { get; init; }

    public Setting PrivateKeyFile { get; init; }

    public Setting EndpointPublicKey { get; init; }

    public Setting PresharedKey { get; init; }

    public Setting EndpointAddr { get; init; }

    public Setting EndpointBindAddr { get; init; }

    public Setting SourcePeerIp { get; init; }

    public Setting KeepAlive { get; init; }

    public Setting MaxTransmissionUnit { get; init; }

    public Setting UdpTimeout { get; init; }

    public Setting Log { get; init; }

    public Setting Pcap { get; init; }
}
