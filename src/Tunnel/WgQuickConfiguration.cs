using System.Diagnostics.CodeAnalysis;
using System.Net;
using Onetun.NetStack;
using Onetun.Tunnel.Text;
using Onetun.Tunnel.WgQuick;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// What a file of wg-quick(8) says, as the programs of servers and providers write it. Commands and what else would change the
/// system are ignored, and are in <see cref="Warnings"/>. It holds the keys, which are zeroed when it is disposed.
/// </summary>
public sealed class WgQuickConfiguration : IDisposable
{
    internal WgQuickConfiguration(PrivateKey privateKey, IReadOnlyList<InterfaceAddress> addresses, IReadOnlyList<PeerOptions> peers) =>
        (PrivateKey, Addresses, Peers) = (privateKey, addresses, peers);

    /// <summary>Our static key.</summary>
    public PrivateKey PrivateKey { get; }

    /// <summary>Our addresses inside the tunnel, at least one.</summary>
    public IReadOnlyList<InterfaceAddress> Addresses { get; }

    /// <summary>
    /// The peers, at least one. The endpoint of one is an <see cref="IPEndPoint"/>, a <see cref="DnsEndPoint"/> for a name, which is not
    /// looked up yet, or null for a peer that speaks first. A prefix is in the AllowedIPs of one peer alone: of the last that names it.
    /// </summary>
    public IReadOnlyList<PeerOptions> Peers { get; }

    /// <summary>The port of our own UDP socket; 0, the default, is any.</summary>
    public int ListenPort { get; internal init; }

    /// <summary>The mark on the datagrams that are sent, for Linux's routing rules and firewalls; 0, the default, is none.</summary>
    public uint FwMark { get; internal init; }

    /// <summary>Largest inner packet, bytes: 576 (1280 with an IPv6 address) to 65,475; null if the file leaves it open.</summary>
    public int? Mtu { get; internal init; }

    /// <summary>The resolvers inside the tunnel, each of an IP version that we have an address of. May be none.</summary>
    public IReadOnlyList<IPAddress> Dns { get; internal init; } = [];

    /// <summary>The domains that names are searched in. May be none.</summary>
    public IReadOnlyList<string> SearchDomains { get; internal init; } = [];

    /// <summary>What is ignored, or is read otherwise than it may be meant, with its line where it has one. May be none.</summary>
    public IReadOnlyList<string> Warnings { get; internal init; } = [];

    /// <summary>Reads a file: UTF-8 or UTF-16, and at most 1 MiB.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="ArgumentException">The path is empty, or holds what no path can.</exception>
    /// <exception cref="IOException">It is not there, is longer, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">We may not read it, or it is a directory.</exception>
    /// <exception cref="WgQuickException">It is no wg-quick file, or not one that a tunnel can be made of.</exception>
    public static WgQuickConfiguration Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        // The only buffer is the one that is zeroed.
        using var file = new FileStream(path, new FileStreamOptions { BufferSize = 0 });
        return Parse(EncodedText.Read(file, path), path);
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="text">The text, with any kind of line ends, and with a byte order mark or without.</param>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    /// <exception cref="WgQuickException">It is no wg-quick file, or not one that a tunnel can be made of.</exception>
    public static WgQuickConfiguration Parse(string text) => Parse(text, "The wg-quick file");

    /// <summary>Reads the text of a file, or says what is wrong with it.</summary>
    /// <param name="text">The text, with any kind of line ends, and with a byte order mark or without.</param>
    /// <param name="configuration">What it says; null if anything is wrong with it.</param>
    /// <param name="faults">All that is wrong with it, in the order of the lines; empty if nothing is.</param>
    /// <returns>Whether it is a wg-quick file of which a tunnel can be made.</returns>
    public static bool TryParse(
        string? text, [NotNullWhen(true)] out WgQuickConfiguration? configuration, out IReadOnlyList<WgQuickFault> faults)
    {
        (configuration, faults) = WgQuickParser.Parse(text ?? "");
        return configuration is not null;
    }

    /// <summary>
    /// The options of a tunnel as the file has it, ready to start: its MTU, or the default of <see cref="TunnelOptions.Mtu"/>; its mark, if this
    /// process may set one, which takes Linux and CAP_NET_ADMIN. They share the keys with this, which may be disposed once the tunnel has started.
    /// </summary>
    public TunnelOptions ToOptions()
    {
        var options = new TunnelOptions
        {
            PrivateKey = PrivateKey,
            Addresses = Addresses,
            Peers = Peers,
            Transport = new UdpTransportOptions
            {
                BindEndPoint = UdpTransportOptions.Anywhere(ListenPort),
                FirewallMark = FwMark != 0 && OuterRoute.CanMark() ? FwMark : 0,
            },
            Dns = Dns,
            SearchDomains = SearchDomains,
        };
        return Mtu is { } mtu ? options with { Mtu = mtu } : options;
    }

    /// <summary>Zeroes the keys.</summary>
    public void Dispose()
    {
        PrivateKey.Dispose();
        foreach (var peer in Peers)
        {
            peer.PresharedKey?.Dispose();
        }
    }

    private static WgQuickConfiguration Parse(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var configuration, out var faults) ? configuration : throw new WgQuickException(name, faults);
    }
}
