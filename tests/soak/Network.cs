using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Onetun.Soak;

/// <summary>
/// Makes sockets in another network namespace, in which they stay wherever they are used: so one process is at both ends of
/// every connection, and keeps one account of it.
/// </summary>
internal sealed class Network(string name) : IDisposable
{
    private readonly SafeFileHandle _ours = File.OpenHandle("/proc/self/ns/net");
    private readonly SafeFileHandle _other = File.OpenHandle($"/run/netns/{name}");

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
