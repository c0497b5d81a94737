using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Onetun.Extensions.Hosting;

/// <summary>
/// Reads options from a section of the configuration, without reflection. What is no number, or no option, is noted, for the validation to tell together with
/// all else.
/// </summary>
internal static class SectionBinding
{
    private static readonly string[] Keys =
    [
        nameof(WireGuardTunnelOptions.PrivateKey), nameof(WireGuardTunnelOptions.PrivateKeyFile), nameof(WireGuardTunnelOptions.Addresses),
        nameof(WireGuardTunnelOptions.Dns), nameof(WireGuardTunnelOptions.Mtu), nameof(WireGuardTunnelOptions.ListenPort),
        nameof(WireGuardTunnelOptions.Peers),
    ];

    private static readonly string[] PeerKeys =
    [
        nameof(WireGuardPeerOptions.PublicKey), nameof(WireGuardPeerOptions.PresharedKey), nameof(WireGuardPeerOptions.Endpoint),
        nameof(WireGuardPeerOptions.AllowedIPs), nameof(WireGuardPeerOptions.PersistentKeepalive),
    ];

    public static void Bind(IConfigurationSection section, WireGuardTunnelOptions options)
    {
        NoteStrangers(section, Keys, "", options);
        options.PrivateKey = section[nameof(options.PrivateKey)] ?? options.PrivateKey;
        options.PrivateKeyFile = section[nameof(options.PrivateKeyFile)] ?? options.PrivateKeyFile;
        options.Mtu = Number(section, nameof(options.Mtu), options.Mtu, "", options);
        options.ListenPort = Number(section, nameof(options.ListenPort), options.ListenPort, "", options);
        Add(section.GetSection(nameof(options.Addresses)), options.Addresses);
        Add(section.GetSection(nameof(options.Dns)), options.Dns);
        foreach (var one in section.GetSection(nameof(options.Peers)).GetChildren())
        {
            options.Peers.Add(ReadPeer(one, options));
        }
    }

    private static WireGuardPeerOptions ReadPeer(IConfigurationSection section, WireGuardTunnelOptions options)
    {
        var prefix = $"{nameof(options.Peers)}:{options.Peers.Count}:";
        NoteStrangers(section, PeerKeys, prefix, options);
        var peer = new WireGuardPeerOptions
        {
            PublicKey = section[nameof(WireGuardPeerOptions.PublicKey)],
            PresharedKey = section[nameof(WireGuardPeerOptions.PresharedKey)],
            Endpoint = section[nameof(WireGuardPeerOptions.Endpoint)],
            PersistentKeepalive = Number(section, nameof(WireGuardPeerOptions.PersistentKeepalive), 0, prefix, options),
        };
        Add(section.GetSection(nameof(peer.AllowedIPs)), peer.AllowedIPs);
        return peer;
    }

    /// <summary>A key that is misspelt would be without effect, and nobody would know why.</summary>
    private static void NoteStrangers(IConfigurationSection section, string[] keys, string prefix, WireGuardTunnelOptions options)
    {
        foreach (var stranger in section.GetChildren().Select(child => child.Key).Except(keys, StringComparer.OrdinalIgnoreCase))
        {
            options.Misread.Add((prefix + stranger, $"there is no such option, only {string.Join(", ", keys)}."));
        }
    }

    /// <summary>A list, or one text with commas as wg-quick has it, which fits into an environment variable.</summary>
    private static void Add(IConfigurationSection section, IList<string> list)
    {
        var texts = section.Value?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            ?? section.GetChildren().Select(child => child.Value ?? "");
        foreach (var text in texts)
        {
            list.Add(text);
        }
    }

    private static int Number(IConfigurationSection section, string key, int otherwise, string prefix, WireGuardTunnelOptions options)
    {
        if (section[key] is not { Length: > 0 } text)
        {
            return otherwise;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            options.Misread.Add((prefix + key, "this is no number."));
            return otherwise;
        }

        return number;
    }
}
