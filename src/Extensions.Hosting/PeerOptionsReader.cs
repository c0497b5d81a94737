using System.Net;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Extensions.Hosting;

/// <summary>Turns configured peers into options, as far as nothing is wrong with them.</summary>
/// <param name="add">Takes a fault: where it is, and what.</param>
/// <param name="check">Checks a number: where it is, itself, the lowest and the highest that it may be.</param>
internal sealed class PeerOptionsReader(Action<string, string> add, Action<string, int, int, int> check)
{
    private static readonly IPNetwork[] Everything = [new(IPAddress.Any, 0), new(IPAddress.IPv6Any, 0)];

    public List<PeerOptions> Read(IList<WireGuardPeerOptions> texts, PublicKey? ours)
    {
        if (texts.Count == 0)
        {
            add(nameof(WireGuardTunnelOptions.Peers), "there is none.");
        }

        List<PeerOptions> peers = [];
        for (var i = 0; i < texts.Count; i++)
        {
            var at = $"{nameof(WireGuardTunnelOptions.Peers)}:{i}:";
            var key = ReadKey(texts[i], at);
            if (key is not null && (key == ours || peers.Any(other => other.PublicKey == key)))
            {
                add($"{at}{nameof(WireGuardPeerOptions.PublicKey)}", key == ours ? "this is our own key." : "another peer has this key.");
                key = null;
            }

            var peer = Read(texts[i], at, isOnly: texts.Count == 1);
            if (key is { } its)
            {
                peers.Add(peer(its));
            }
        }

        return peers;
    }

    private Func<PublicKey, PeerOptions> Read(WireGuardPeerOptions text, string at, bool isOnly)
    {
        var keepalive = text.PersistentKeepalive;
        check($"{at}{nameof(text.PersistentKeepalive)}", keepalive, 0, ushort.MaxValue);
        var presharedKey = ReadPresharedKey(text, at);
        var endPoint = ReadEndPoint(text, at);
        var allowed = ReadAllowed(text, at, isOnly);
        return key => new PeerOptions
        {
            PublicKey = key,
            PresharedKey = presharedKey,
            EndPoint = endPoint,
            AllowedIPs = allowed,
            PersistentKeepalive = TimeSpan.FromSeconds(Math.Clamp(keepalive, 0, ushort.MaxValue)),
        };
    }

    private PublicKey? ReadKey(WireGuardPeerOptions text, string at)
    {
        try
        {
            return PublicKey.Parse(text.PublicKey ?? "") is var key && key != default ? key : throw new FormatException("A public key is not all zero.");
        }
        catch (FormatException error)
        {
            add($"{at}{nameof(text.PublicKey)}", string.IsNullOrEmpty(text.PublicKey) ? "this is missing." : error.Message);
            return null;
        }
    }

    private PresharedKey? ReadPresharedKey(WireGuardPeerOptions text, string at)
    {
        try
        {
            return string.IsNullOrEmpty(text.PresharedKey) ? null : PresharedKey.Parse(text.PresharedKey);
        }
        catch (FormatException error)
        {
            add($"{at}{nameof(text.PresharedKey)}", error.Message);
            return null;
        }
    }

    private EndPoint? ReadEndPoint(WireGuardPeerOptions text, string at)
    {
        if (string.IsNullOrEmpty(text.Endpoint))
        {
            return null;
        }

        if (!HostText.TryParseHostAndPort(text.Endpoint, lowestPort: 1, out var host, out var port, out var reason))
        {
            add($"{at}{nameof(text.Endpoint)}", $"{SafeText.Of(reason)}.");
            return null;
        }

        return NamedEndPoint.Of(host, port);
    }

    private IPNetwork[] ReadAllowed(WireGuardPeerOptions text, string at, bool isOnly)
    {
        List<IPNetwork> allowed = [];
        for (var i = 0; i < text.AllowedIPs.Count; i++)
        {
            if (PrefixText.TryParse(text.AllowedIPs[i], out var network, out _))
            {
                allowed.Add(network);
            }
            else
            {
                add($"{at}{nameof(text.AllowedIPs)}:{i}", $"'{SafeText.Of(text.AllowedIPs[i])}' is no prefix, as in 10.0.0.0/24.");
            }
        }

        if (text.AllowedIPs.Count == 0 && !isOnly)
        {
            add($"{at}{nameof(text.AllowedIPs)}", "there is none, and with several peers each needs its own.");
        }

        return text.AllowedIPs.Count == 0 ? Everything : [.. allowed];
    }
}
