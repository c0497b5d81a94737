using System.CommandLine;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>Takes what was written from the command line and the environment.</summary>
internal static class SettingsReader
{
    /// <summary>All of it, the command line before the environment.</summary>
    public static Settings Read(ParseResult line, ForwardFlags flags, Machine machine)
    {
        Setting Of(Flag flag) => Read(line, flag, machine);

        var warnings = new List<string>();
        return ReadTunnel(line, flags, machine) with
        {
            NeedsForwards = true,
            PortForwards = ReadMany(line.GetValue(flags.PortForwards), "ONETUN_PORT_FORWARD_", machine, warnings),
            RemotePortForwards = ReadMany(
                line.GetValue(flags.Remote), "ONETUN_REMOTE_PORT_FORWARD_", machine, warnings),
            Warnings = warnings,
            UdpTimeout = Of(flags.UdpTimeout),
            IdleTimeout = Of(flags.IdleTimeout),
            MaxConnections = Of(flags.MaxConnections),
            ShutdownTimeout = Of(flags.ShutdownTimeout),
            Socks5 = Of(flags.Socks5),
            Proxy = Of(flags.Proxy),
            HttpProxy = Of(flags.HttpProxy),
            ProxyUser = Of(flags.ProxyUser),
            Metrics = Of(flags.Metrics),
        };
    }

    /// <summary>What a tunnel is made of, and nothing that listens.</summary>
    public static Settings ReadTunnel(ParseResult line, ForwardFlags flags, Machine machine)
    {
        Setting Of(Flag flag) => Read(line, flag, machine);

        return new Settings
        {
            NeedsForwards = false,
            Config = Of(flags.Config),
            PrivateKey = Of(flags.PrivateKey),
            PrivateKeyFile = Of(flags.PrivateKeyFile),
            EndpointBindAddr = Of(flags.EndpointBindAddr),
            SourcePeerIp = Of(flags.SourcePeerIp),
            Dns = Of(flags.Dns),
            MaxTransmissionUnit = Of(flags.MaxTransmissionUnit),
            Peers =
            [
                new PeerSettings
                {
                    PublicKey = Of(flags.EndpointPublicKey),
                    PresharedKey = Of(flags.PresharedKey),
                    EndpointAddr = Of(flags.EndpointAddr),
                    KeepAlive = Of(flags.KeepAlive),
                },
            ],
            CongestionControl = Of(flags.CongestionControl),
            Aead = Of(flags.Aead),
            Log = Of(flags.Log),
            LogFormat = Of(flags.LogFormat),
            Pcap = Of(flags.Pcap),
        };
    }

    // .. an empty variable is one that was not set: container files have no other way to say so
    private static Setting Read(ParseResult line, Flag flag, Machine machine) => line.GetValue(flag) is { } value
        ? new Setting(value, SettingSource.CommandLine)
        : machine.Variable(flag.Variable) is { Length: > 0 } variable
            ? new Setting(variable, SettingSource.Environment)
            : default;

    private static List<Setting> ReadMany(string[]? given, string prefix, Machine machine, List<string> warnings) =>
    [
        .. (given ?? []).Select(value => new Setting(value, SettingSource.CommandLine)),
        .. NumberedVariables.Read(prefix, machine, warnings),
    ];
}
