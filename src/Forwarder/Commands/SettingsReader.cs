using System.CommandLine;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>Takes what was written from the command line and the environment.</summary>
internal sealed class SettingsReader
{
    private readonly ParseResult _line;
    private readonly ForwardFlags _flags;
    private readonly EnvironmentReader _environment;

    private SettingsReader(ParseResult line, ForwardFlags flags, Machine machine)
    {
        _line = line;
        _flags = flags;
        _environment = new EnvironmentReader(machine);
    }

    /// <summary>All of it, the command line before the environment.</summary>
    public static Settings Read(ParseResult line, ForwardFlags flags, Machine machine)
    {
        var reader = new SettingsReader(line, flags, machine);
        return reader.Finish(reader.ReadForwards(reader.ReadTunnel()));
    }

    /// <summary>What a tunnel is made of, and nothing that listens.</summary>
    public static Settings ReadTunnel(ParseResult line, ForwardFlags flags, Machine machine)
    {
        var reader = new SettingsReader(line, flags, machine);
        return reader.Finish(reader.ReadTunnel());
    }

    private Settings Finish(Settings settings) =>
        settings with { Warnings = _environment.Warnings, Faults = _environment.Faults };

    private Settings ReadForwards(Settings tunnel) => tunnel with
    {
        NeedsForwards = true,
        PortForwards = ReadMany(_line.GetValue(_flags.PortForwards), "ONETUN_PORT_FORWARD_"),
        RemotePortForwards = ReadMany(_line.GetValue(_flags.Remote), "ONETUN_REMOTE_PORT_FORWARD_"),
        UdpTimeout = Read(_flags.UdpTimeout),
        IdleTimeout = Read(_flags.IdleTimeout),
        MaxConnections = Read(_flags.MaxConnections),
        ShutdownTimeout = Read(_flags.ShutdownTimeout),
        Proxy = Read(_flags.Proxy),
        Socks5 = Read(_flags.Socks5),
        HttpProxy = Read(_flags.HttpProxy),
        ProxyUser = Read(_flags.ProxyUser),
        Metrics = Read(_flags.Metrics),
    };

    private Settings ReadTunnel() => new()
    {
        NeedsForwards = false,
        Config = Read(_flags.Config),
        PrivateKey = Read(_flags.PrivateKey),
        PrivateKeyFile = Read(_flags.PrivateKeyFile),
        EndpointBindAddr = Read(_flags.EndpointBindAddr),
        SourcePeerIp = Read(_flags.SourcePeerIp),
        Dns = Read(_flags.Dns),
        MaxTransmissionUnit = Read(_flags.MaxTransmissionUnit),
        Peers =
        [
            new PeerSettings
            {
                PublicKey = Read(_flags.EndpointPublicKey),
                PresharedKey = Read(_flags.PresharedKey),
                EndpointAddr = Read(_flags.EndpointAddr),
                KeepAlive = Read(_flags.KeepAlive),
            },
        ],
        CongestionControl = Read(_flags.CongestionControl),
        Aead = Read(_flags.Aead),
        Log = Read(_flags.Log),
        LogFormat = Read(_flags.LogFormat),
        Pcap = Read(_flags.Pcap),
    };

    private Setting Read(Flag flag) => _line.GetValue(flag) is { } value
        ? new Setting(value, SettingSource.CommandLine)
        : _environment.Read(flag);

    private List<Setting> ReadMany(string[]? given, string prefix) =>
    [
        .. (given ?? []).Select(value => new Setting(value, SettingSource.CommandLine)),
        .. _environment.ReadMany(prefix),
    ];
}
