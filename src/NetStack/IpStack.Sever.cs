using System.Net;

namespace Onetun.NetStack;

/// <summary>Connections with addresses that become other hosts'.</summary>
public sealed partial class IpStack
{
    /// <summary>The addresses that there are TCP connections with, each once.</summary>
    public IReadOnlyCollection<IPAddress> GetRemoteAddresses() =>
        [.. _connections.Values.Select(connection => connection.Flow.Remote).Distinct().Select(remote => remote.ToIPAddress())];

    /// <summary>
    /// Ends the TCP connections with addresses that are other hosts' now: they fail here (<see cref="System.Net.Sockets.SocketError.ConnectionAborted"/>),
    /// and nothing is sent.
    /// </summary>
    /// <param name="isOther">Whether an address is another host's; called once for each connection.</param>
    public void Sever(Func<IPAddress, bool> isOther)
    {
        ArgumentNullException.ThrowIfNull(isOther);
        foreach (var connection in _connections.Values)
        {
            if (isOther(connection.Flow.Remote.ToIPAddress()))
            {
                connection.Sever();
            }
        }
    }
}
