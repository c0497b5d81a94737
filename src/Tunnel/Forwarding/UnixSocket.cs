using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// Listens on Unix-domain sockets: .NET removes the file of one that is disposed, and one of a process that died is
/// replaced, unless somebody listens.
/// </summary>
internal static class UnixSocket
{
    public static bool Is(EndPoint endPoint) => endPoint.AddressFamily == AddressFamily.Unix;

    /// <summary>A socket for an address that is free, as far as can be seen.</summary>
    public static Socket Create(EndPoint endPoint)
    {
        RemoveStale(endPoint);
        return UnixStream.Create();
    }

    private static void RemoveStale(EndPoint endPoint)
    {
        using var probe = UnixStream.Create();
        // The backlog of whoever listens may be full, and Linux waits for room in it.
        probe.Blocking = false;
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // A file that is not a socket is refused too: it stays, and binding fails.
            var path = endPoint.ToString()!;
            if (FileKind.IsSocket(path))
            {
                File.Delete(path);
            }
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException)
        {
            // Nothing is there, or binding will say what is wrong.
        }
    }
}
