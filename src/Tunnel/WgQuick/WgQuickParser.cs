using System.Net;
using Onetun.NetStack;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Tunnel.WgQuick;

/// <summary>Makes of a file what a tunnel is started with, or lists all that is wrong with it.</summary>
internal sealed class WgQuickParser : WgQuickReader
{
    private readonly List<WgQuickFault> _faults = [];
    private readonly List<string> _warnings = [];

    private WgQuickParser()
    {
    }

    /// <summary>The configuration, which is null if there is any fault.</summary>
    public static (WgQuickConfiguration? Configuration, IReadOnlyList<WgQuickFault> Faults) Parse(string text)
    {
        if (EncodedText.FaultOf(text) is { } fault)
        {
            return (null, [new WgQuickFault(0, $"the file {fault}")]);
        }

        var parser = new WgQuickParser();
        parser.Read(text);
        var configuration = parser.Make();
        return (configuration, [.. parser._faults.OrderBy(one => one.Line)]);
    }

    protected override void Fault(int number, string message) => _faults.Add(new WgQuickFault(number, message));

    protected override void Warn(int number, string message) => _warnings.Add(SafeText.Of($"line {number}: {message}"));

    private WgQuickConfiguration? Make()
    {
        var addresses = ReadAddresses();
        var resolvers = new Resolvers([.. addresses.Select(ours => ours.Address)], WgQuickKeys.Address, Warn);
        ReadItems(WgQuickKeys.Dns, resolvers.Add);
        var dns = resolvers.Usable(isFile: true, WgQuickKeys.Dns);
        var privateKey = ReadPrivateKey();
        var peers = ReadPeers(privateKey?.PublicKey);
        var mtu = ReadMtu(addresses);
        var listenPort = ReadListenPort();
        var mark = ReadMark();
        if (_faults.Count > 0)
        {
            privateKey?.Dispose();
            foreach (var peer in peers)
            {
                peer.PresharedKey?.Dispose();
            }

            return null;
        }

        foreach (var warning in Resolvers.Unreached(dns, peers))
        {
            Warn(warning);
        }

        return new WgQuickConfiguration(privateKey!, addresses, peers)
        {
            ListenPort = listenPort,
            FwMark = mark,
            Mtu = mtu,
            Dns = dns,
            SearchDomains = resolvers.SearchDomains,
            Warnings = _warnings,
        };
    }

    private List<InterfaceAddress> ReadAddresses()
    {
        var addresses = new List<InterfaceAddress>();
        var isAny = ReadItems(WgQuickKeys.Address, (item, fault) =>
        {
            if (WgQuickValues.TryReadAddress(item, out var address, out var reason))
            {
                addresses.Add(address);
            }
            else
            {
                fault(reason);
            }
        });
        if (Interface.Of(WgQuickKeys.Address) is not { } value)
        {
            Fault(0, $"{Interface.Name} has no Address, which is ours in the tunnel, as in 192.168.4.3/24");
        }
        else if (!isAny)
        {
            Invalid(value, WgQuickKeys.Address, "it is empty");
        }

        return addresses;
    }

    private bool ReadItems(string key, Action<string, Action<string>> read)
    {
        var isAny = false;
        foreach (var value in Interface.All(key))
        {
            foreach (var item in WgQuickValues.Items(value.Text))
            {
                isAny = true;
                read(item, reason => Invalid(value, key, reason));
            }
        }

        return isAny;
    }

    private PrivateKey? ReadPrivateKey()
    {
        if (Interface.Of(WgQuickKeys.PrivateKey) is not { } value)
        {
            Fault(0, $"{Interface.Name} has no PrivateKey ('wg genkey' makes one)");
            return null;
        }

        if (!PrivateKey.TryParse(value.Text, out var key))
        {
            Invalid(value, WgQuickKeys.PrivateKey, KeyFault.Describe(value.Text));
        }

        return key;
    }

    private int ReadListenPort()
    {
        var port = 0;
        if (Interface.Of(WgQuickKeys.ListenPort) is { } value && !HostText.TryParsePort(value.Text, 0, out port, out var reason))
        {
            Invalid(value, WgQuickKeys.ListenPort, reason);
        }

        return port;
    }

    private int? ReadMtu(List<InterfaceAddress> ours)
    {
        if (Interface.Of(WgQuickKeys.Mtu) is not { } value)
        {
            return null;
        }

        if (!WgQuickValues.TryReadMtu(value.Text, ours, out var mtu, out var reason))
        {
            Invalid(value, WgQuickKeys.Mtu, reason);
        }

        return mtu;
    }

    private uint ReadMark()
    {
        if (Interface.Of(WgQuickKeys.FwMark) is not { } value)
        {
            return 0;
        }

        if (!WgQuickValues.TryReadMark(value.Text, out var mark, out var reason))
        {
            Invalid(value, WgQuickKeys.FwMark, reason);
        }
        else if (mark != 0 && !OuterRoute.CanMark())
        {
            Warn(value.Line, $"FwMark is ignored: {OuterRoute.WhatMarkingNeeds}.");
        }

        return mark;
    }

    private IReadOnlyList<PeerOptions> ReadPeers(PublicKey? ours)
    {
        if (Peers.Count == 0)
        {
            Fault(0, "there is no [Peer], whose PublicKey and Endpoint say who is at the other end");
        }

        var peers = new List<(string Name, PeerOptions Peer)>();
        foreach (var (section, index) in Peers.Select((section, index) => (section, index)))
        {
            var name = $"{section.Name} {index + 1}";
            if (ReadPeer(section, name) is not { } peer)
            {
                continue;
            }

            var keyLine = section.Of(WgQuickKeys.PublicKey)!.Value.Line;
            if (peer.PublicKey == ours)
            {
                Fault(keyLine, "Invalid PublicKey: it is our own, which belongs to our private key; give the peer's: 'wg show' prints it there");
            }
            else if (peers.Find(other => other.Peer.PublicKey == peer.PublicKey) is { Name: { } other })
            {
                Fault(keyLine, $"Invalid PublicKey: {other} and {name} have the same one");
            }

            peers.Add((name, peer));
        }

        return AllowedIPs.ToTheLast(peers, Warn);
    }

    private PeerOptions? ReadPeer(WgQuickSection section, string name)
    {
        var presharedKey = ReadPresharedKey(section);
        var endPoint = ReadEndPoint(section);
        var allowed = ReadAllowedIPs(section, name);
        var keepalive = ReadKeepalive(section);
        if (section.Of(WgQuickKeys.PublicKey) is not { } value)
        {
            Fault(section.Line, $"{name} has no PublicKey");
        }
        else if (!WgQuickValues.TryReadPublicKey(
            value.Text, Interface.Of(WgQuickKeys.PrivateKey)?.Text, section.Of(WgQuickKeys.PresharedKey)?.Text, out var key, out var reason))
        {
            Invalid(value, WgQuickKeys.PublicKey, reason);
        }
        else
        {
            return new PeerOptions
            {
                PublicKey = key,
                PresharedKey = presharedKey,
                EndPoint = endPoint,
                AllowedIPs = allowed,
                PersistentKeepalive = TimeSpan.FromSeconds(keepalive),
            };
        }

        presharedKey?.Dispose();
        return null;
    }

    private PresharedKey? ReadPresharedKey(WgQuickSection peer)
    {
        PresharedKey? key = null;
        if (peer.Of(WgQuickKeys.PresharedKey) is { } value && !PresharedKey.TryParse(value.Text, out key))
        {
            Invalid(value, WgQuickKeys.PresharedKey, KeyFault.Describe(value.Text));
        }

        return key;
    }

    private EndPoint? ReadEndPoint(WgQuickSection peer)
    {
        EndPoint? endPoint = null;
        if (peer.Of(WgQuickKeys.Endpoint) is { } value && !WgQuickValues.TryReadEndPoint(value.Text, out endPoint, out var reason))
        {
            Invalid(value, WgQuickKeys.Endpoint, reason);
        }

        return endPoint;
    }

    private IReadOnlyList<IPNetwork> ReadAllowedIPs(WgQuickSection peer, string name)
    {
        var values = peer.All(WgQuickKeys.AllowedIPs);
        if (values.Count == 0 && Peers.Count > 1)
        {
            Fault(peer.Line, $"{name} has no AllowedIPs, so nothing would be sent to it");
        }

        return AllowedIPs.Read(values, (value, reason) => Invalid(value, WgQuickKeys.AllowedIPs, reason));
    }

    private int ReadKeepalive(WgQuickSection peer)
    {
        var seconds = 0;
        if (peer.Of(WgQuickKeys.PersistentKeepalive) is { } value && !WgQuickValues.TryReadKeepalive(value.Text, out seconds, out var reason))
        {
            Invalid(value, WgQuickKeys.PersistentKeepalive, reason);
        }

        return seconds;
    }

    private void Invalid(WgQuickValue value, string key, string reason) => Fault(value.Line, $"Invalid {key}: {reason}");

    private void Warn(string message) => _warnings.Add(SafeText.Of(message));
}
