using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel.Forwarding;

namespace Onetun.Forwarder.Gate;

/// <summary>Has another process connect us through its tunnel.</summary>
internal static class GateClient
{
    /// <summary>
    /// A connection to a host behind its tunnel, or why there is none; neither if nobody is at the gate, or it closes.
    /// </summary>
    public static async Task<(IRelayEnd? Server, string? Refusal)> ConnectAsync(
        string gate, EndPoint destination, CancellationToken cancellationToken)
    {
        if (await OpenAsync(gate, cancellationToken).ConfigureAwait(false) is not { } connection)
        {
            return default;
        }

        try
        {
            if (await GateProtocol.AskAsync(connection, destination, cancellationToken).ConfigureAwait(false) is not { } reason)
            {
                return (connection, null);
            }

            await connection.DisposeAsync().ConfigureAwait(false);
            return (null, reason);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            return default;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether there is still somebody at the gate.</summary>
    public static async Task<bool> IsOpenAsync(string gate)
    {
        try
        {
            using var socket = await UnixStream.ConnectAsync(gate, CancellationToken.None).ConfigureAwait(false);
            await socket.SendAsync(FramedConnection.End, SocketFlags.None).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<FramedConnection?> OpenAsync(string gate, CancellationToken cancellationToken)
    {
        try
        {
            var socket = await UnixStream.ConnectAsync(gate, cancellationToken).ConfigureAwait(false);
            return new FramedConnection(new LocalConnection(socket));
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            return null;
        }
    }
}
