using System.Net;

namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// Something that takes connections or datagrams on one side of the tunnel and carries them to the other.
/// </summary>
internal interface IForward : IAsyncDisposable
{
    /// <summary>Where it takes them, with the port that was chosen for port 0.</summary>
    EndPoint Source { get; }

    /// <summary>What it has carried.</summary>
    Traffic Traffic { get; }

    /// <summary>Begins.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The port inside the tunnel cannot be had.</exception>
    void Start(TunnelDialer tunnel);

    /// <summary>Gives up its port; what is under way goes on.</summary>
    Task CloseAsync();

    /// <summary>Accepts nothing more, and ends when what is under way has ended, or is told to hurry.</summary>
    Task StopAsync(CancellationToken hurry);
}
