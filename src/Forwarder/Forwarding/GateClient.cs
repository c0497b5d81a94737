using System.Net.Sockets;
using System.Text;
using Onetun.Forwarder.Proxies;

namespace Onetun.Forwarder.Forwarding;

/// <summary>Has another process connect us through its tunnel: its gate speaks HTTP, as a proxy (RFC 9110 §9.3.6).</summary>
internal static class GateClient
{
    private const int LongestHead = 16 * 1024;
    private const int LongestReason = 1024;

    /// <summary>A connection to a host behind its tunnel; null if nobody is at the gate.</summary>
    /// <exception cref="IOException">It could not connect; the message says why.</exception>
    public static async Task<LocalConnection?> ConnectAsync(string gate, string host, int port, CancellationToken cancellationToken)
    {
        if (await OpenAsync(gate, cancellationToken).ConfigureAwait(false) is not { } connection)
        {
            return null;
        }

        try
        {
            var target = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";
            await connection.WriteAsync(Encoding.UTF8.GetBytes($"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n"))
                .ConfigureAwait(false);
            var (outcome, head) = await connection.Input.ReadHeadAsync(LongestHead, cancellationToken).ConfigureAwait(false);
            if (outcome == HeadOutcome.Whole && head.AsSpan().StartsWith("HTTP/1.1 200 "u8))
            {
                return connection;
            }

            // .. one that ends takes no more
            var reason = outcome == HeadOutcome.None ? null : await ReadReasonAsync(connection, cancellationToken).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
            return reason is null ? null : throw new IOException(reason);
        }
        catch (SocketException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<LocalConnection?> OpenAsync(string gate, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(gate), cancellationToken).ConfigureAwait(false);
            return new LocalConnection(socket);
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            socket.Dispose();
            return null;
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<string> ReadReasonAsync(LocalConnection connection, CancellationToken cancellationToken)
    {
        var read = await connection.Input.ReadAtLeastAsync(LongestReason, cancellationToken).ConfigureAwait(false);
        var text = Encoding.UTF8.GetString(read.Buffer.Slice(0, Math.Min(read.Buffer.Length, LongestReason)));
        connection.Input.AdvanceTo(read.Buffer.End);
        return SafeText.Of(text.Trim());
    }
}
