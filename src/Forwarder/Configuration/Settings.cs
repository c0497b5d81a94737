
namespace Onetun.Forwarder.Configuration;

/// <summary>All that was written on the command line, in the environment and in a file, not yet understood.</summary>
internal sealed record Settings
{
    public Setting Config { get; init; }

    public IReadOnlyList<Setting> PortForwards { get; init; } = [];

    public IReadOnlyList<Setting> RemotePortForwards { get; init; } = [];

    /// <summary>Whether it is a fault to forward nothing.</summary>
    public bool NeedsForwards { get; init; } = true;

    public Setting PrivateKey { get; init; }

    public Setting PrivateKeyFile { get; init; }

    public Setting EndpointBindAddr { get; init; }

    /// <summary>The port alone, as a file gives it.</summary>
    public Setting ListenPort { get; init; }

    public Setting SourcePeerIp { get; init; }

    public Setting Dns { get; init; }

    public Setting MaxTransmissionUnit { get; init; }

    /// <summary>One, unless a file has more.</summary>
    public IReadOnlyList<PeerSettings> Peers { get; init; } = [];

    public Setting CongestionControl { get; init; }

    public Setting Aead { get; init; }

    public Setting UdpTimeout { get; init; }

    public Setting IdleTimeout { get; init; }

    public Setting MaxConnections { get; init; }

    public Setting ShutdownTimeout { get; init; }

    public Setting Proxy { get; init; }

    public Setting Socks5 { get; init; }

    public Setting HttpProxy { get; init; }

    public Setting ProxyUser { get; init; }

    public Setting Metrics { get; init; }

    /// <summary>What was written and does not count.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What was named and could not be had: without it there is no telling what else is missing.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    public Setting Log { get; init; }

    public Setting LogFormat { get; init; }

    public Setting Pcap { get; init; }

    /// <summary>What a value is called where it was written, for people: an option, or a key of the file.</summary>
    public string NameOf(Setting setting, string option, string key) =>
        setting.Source == SettingSource.File ? $"{key} in {Path.GetFileName(Config.Value)}" : option;

    /// <summary>What the command line and the environment say, over what a file says.</summary>
    public Settings Over(WgQuickFile file, FaultList faults) => this with
    {
        PortForwards = [.. PortForwards, .. file.PortForwards.Select(FromFile)],
        RemotePortForwards = [.. RemotePortForwards, .. file.RemotePortForwards.Select(FromFile)],
        PrivateKey = PrivateKeyFile.IsPresent ? PrivateKey : PrivateKey.Over(file.Interface["PrivateKey"]),
        ListenPort = file.Interface["ListenPort"],
        SourcePeerIp = SourcePeerIp.Over(file.Interface["Address"]),
        Dns = Dns.Over(file.Interface["DNS"]),
        MaxTransmissionUnit = MaxTransmissionUnit.Over(file.Interface["MTU"]),
        Peers = OverPeers([.. file.Peers.Select(ToPeer)], faults),
    };

    private static Setting FromFile(string value) => new(value, SettingSource.File);

    private static PeerSettings ToPeer(WgQuickSection section, int index)
    {
        var keepAlive = section["PersistentKeepalive"];
        return new PeerSettings
        {
            Name = $"{section.Name} {index + 1}",
            PublicKey = section["PublicKey"],
            PresharedKey = section["PresharedKey"],
            EndpointAddr = section["Endpoint"],
            AllowedIPs = section["AllowedIPs"],
            KeepAlive = string.Equals(keepAlive.Value, "off", StringComparison.OrdinalIgnoreCase)
                ? keepAlive with { Value = "0" }
                : keepAlive,
        };
    }

    private PeerSettings[] OverPeers(PeerSettings[] filed, FaultList faults)
    {
        var given = Peers[0];
        if (filed.Length <= 1)
        {
            return [filed.Length == 0 ? given : given.Over(filed[0])];
        }

        if (given.PublicKey.IsPresent || given.EndpointAddr.IsPresent || given.PresharedKey.IsPresent)
        {
            faults.Usage("--endpoint-public-key, --endpoint-addr and --preshared-key "
                + "cannot be used with a file of several peers");
        }

        return [.. filed.Select(peer => new PeerSettings { KeepAlive = given.KeepAlive }.Over(peer))];
    }
}
