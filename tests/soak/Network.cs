using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Onetun.Soak;

/// <summary>
/// Makes sockets in another network namespace, in which they stay wherever they are used: so one process is at both ends of
/// every connection, and keeps one account of it.
/// </summary>
internal sealed class Network : IDisposable
{
    private readonly SafeFileHandle _ours = File.OpenHandle("/proc/self/ns/net");
    private readonly SafeFileHandle _other;

    public Network(string name)
    {
        _other = File.OpenHandle($"/run/netns/{name}");
        // The first one that listens starts the runtime's thread for sockets, which starts others, all where that one is
        TcpService.Listen(0).Dispose();
    }

    /// <summary>The thread is back when this returns, for a thread that one starts has the namespace of its starter.</summary>
    public Socket Open(Func<Socket> make)
    {
        Libc.Enter(_other);
        try
        {
            return make();
        }
        finally
        {
            Libc.Enter(_ours);
        }
    }

    public void Dispose()
    {
        _ours.Dispose();
        _other.Dispose();
    }
}
