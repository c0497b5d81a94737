using System.Net;

namespace Onetun.Tunnel.Text;

/// <summary>A host by its name, and a port: its addresses are looked up when it is connected to.</summary>
internal sealed class NamedEndPoint(string host, int port) : DnsEndPoint(host, port)
{
    /// <summary>Where it has been found already, if it has.</summary>
    public IPEndPoint? At { get; init; }

    /// <summary>An address where the host is one, else its name.</summary>
    public static EndPoint Of(string host, int port) =>
        HostText.TryParseAddress(host, out var address) ? new IPEndPoint(address, port) : new NamedEndPoint(host, port);

    /// <summary>What people are shown.</summary>
    public override string ToString() => SafeText.Of(Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}");
}
