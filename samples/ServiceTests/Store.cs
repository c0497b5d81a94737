using System.Collections.Concurrent;
using System.Text;
using Onetun.Tunnel;

namespace ServiceTests;

/// <summary>Keeps values by key. It answers <c>set KEY VALUE</c> with <c>ok</c>, and <c>get KEY</c> with the value, line by line.</summary>
public sealed class Store : IAsyncDisposable
{
    public const int Port = 4000;

    private readonly ConcurrentDictionary<string, string> _values = new();
    private readonly TunnelListener _listener;
    private readonly Task _accepting;

    /// <summary>Serves in a network: a <c>WireGuardTunnel</c> in production, and in tests whatever they like.</summary>
    public Store(TunnelNetwork network)
    {
        _listener = network.Listen(Port);
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        await foreach (var client in _listener.AcceptAllAsync())
        {
            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(TunnelConnection client)
    {
        await using (client)
        {
            try
            {
                using var questions = new StreamReader(client.AsStream());
                while (await questions.ReadLineAsync() is { } question)
                {
                    await client.Output.WriteAsync(Encoding.UTF8.GetBytes($"{Answer(question)}\n"));
                }
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                // The client is gone, or the network has ended.
            }
        }
    }

    private string Answer(string question)
    {
        switch (question.Split(' ', 3))
        {
            case ["set", var key, var value]:
                _values[key] = value;
                return "ok";
            case ["get", var key]:
                return _values.GetValueOrDefault(key, "");
            default:
                return "what?";
        }
    }
}
