using System.Net;

namespace Onetun.Interop;

/// <summary>A local port and where it leads.</summary>
internal sealed record Forward(IPEndPoint Local, IPEndPoint Remote)
{
    /// <summary>One forward for each.</summary>
    public string[] Protocols { get; init; } = ["TCP"];

    /// <summary>A free port on 127.0.0.1 that leads to a port of the peer.</summary>
    public static Forward ToPeer(int port, IPAddress? address = null) =>
        new(new IPEndPoint(IPAddress.Loopback, FreePort.Tcp()), new IPEndPoint(address ?? WireGuardPeer.Address, port));

    public Uri Uri(string path) => new($"http://{Local}/{path}");

    /// <summary>As onetun's command line wants it.</summary>
    public override string ToString() => $"{Local}:{Remote}:{string.Join(',', Protocols)}";
}
