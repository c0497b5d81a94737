using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel.Names;

/// <summary>Asks the system's resolver.</summary>
internal sealed class SystemNames(Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    // The system tells no TTL and has a cache of its own: this one only evens out bursts.
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(10);

    // Each holds a thread while the system waits for its servers. There are many, for dead names must not hold up living ones.
    private static readonly SemaphoreSlim Slots = new(64);

    /// <summary>The addresses of a name; throws as <see cref="Dns"/> does.</summary>
    // It has a thread of its own: the system's resolver blocks, for 10 s where its servers are silent (resolv.conf(5)), and a
    // thread pool that has run out for that carries nothing.
    public static Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Task.Factory.StartNew(
        () => Dns.GetHostAddresses(host), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public async Task<NameAnswer> LookupAsync(string host)
    {
        await Slots.WaitAsync().ConfigureAwait(false);
        try
        {
            var addresses = await resolve(host, CancellationToken.None).ConfigureAwait(false);
            return addresses.Length == 0 ? NameAnswer.None : new NameAnswer(addresses, TimeToLive);
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            return NameAnswer.None;
        }
        finally
        {
            Slots.Release();
        }
    }
}
