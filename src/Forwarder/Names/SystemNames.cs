using System.Net.Sockets;
using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Names;

/// <summary>Asks the system's resolver.</summary>
internal sealed class SystemNames(Machine machine)
{
    // The system tells no TTL and has a cache of its own: this one only evens out bursts.
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(10);

    // Each holds a thread while the system waits for its servers. There are many, for dead names must not hold up living ones.
    private static readonly SemaphoreSlim Slots = new(64);

    public async Task<NameAnswer> LookupAsync(string host)
    {
        await Slots.WaitAsync().ConfigureAwait(false);
        try
        {
            var addresses = await machine.Resolve(host, CancellationToken.None).ConfigureAwait(false);
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
