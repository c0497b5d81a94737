using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Onetun.Extensions.Hosting;

/// <summary>
/// Reads options from a section of the configuration, without reflection. What is no number is noted, for the validation to tell together with
/// all else.
/// </summary>
internal static class SectionBinding
{
    public static void Bind(IConfigurationSection section, WireGuardTunnelOptions options)
    {
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
