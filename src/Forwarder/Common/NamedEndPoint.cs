using System.Net;

namespace Onetun.Forwarder.Common;

/// <summary>A host by its name, and a port: its addresses are looked up when it is connected to.</summary>
internal sealed class NamedEndPoint(string host, int port) : EndPoint
{
    public string Host => host;

    public int Port => port;

    /// <summary>An address where the host is one, else its name.</summary>
    public static EndPoint Of(string host, int port) =>
        HostText.TryParseAddress(host, out var address) ? new IPEndPoint(address, port) : new NamedEndPoint(host, port);

    /// <summary>What people are shown.</summary>
    public override string ToString() => SafeText.Of(host.Contains(':') ? $"[{host}]:{port}" : $"{host}:{port}");

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NamedEndPoint other && (other.Host, other.Port) == (host, port);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(host, port);
}
