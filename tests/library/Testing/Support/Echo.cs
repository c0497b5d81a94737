using System.Buffers;
using System.Net;
using Onetun.Tunnel;

namespace Onetun.Testing.Tests;

/// <summary>A service as a user would write it: whatever comes is sent back.</summary>
internal static class Echo
{
    /// <summary>Serves until the listener or its network ends.</summary>
    public static async Task ServeAsync(TunnelListener listener)
    {
        await foreach (var connection in listener.AcceptAllAsync())
        {
            _ = ServeAsync(connection);
        }
    }

    public static async Task ServeUdpAsync(TunnelNetwork network, int port)
    {
        await using var listener = network.ListenUdp(new IPEndPoint(IPAddress.Any, port));
        while (await listener.AcceptAsync() is { } flow)
        {
            var read = await flow.Input.ReadAsync();
            flow.Send(read.Buffer.ToArray());
            flow.Input.AdvanceTo(read.Buffer.End);
        }
    }

    /// <summary>What comes back for bytes that are sent, all of them.</summary>
    public static async Task<byte[]> AskAsync(TunnelNetwork network, EndPoint server, byte[] question, ConnectOptions? options = null)
    {
        await using var connection = await network.ConnectAsync(server, options);
        return await AskAsync(connection, question);
    }

    public static async Task<byte[]> AskAsync(TunnelConnection connection, byte[] question)
    {
        var stream = connection.AsStream();
        var sending = stream.WriteAsync(question).AsTask();
        var answer = new byte[question.Length];
        await stream.ReadExactlyAsync(answer);
        await sending;
        return answer;
    }

    private static async Task ServeAsync(TunnelConnection connection)
    {
        await using (connection)
        {
            try
            {
                await connection.Input.CopyToAsync(connection.Output);
            }
            catch (IOException)
            {
                // The other end has gone
            }
        }
    }
}
