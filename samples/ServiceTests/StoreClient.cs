using System.Net;
using System.Net.Sockets;
using System.Text;
using Onetun.Tunnel;

namespace ServiceTests;

/// <summary>Asks a <see cref="Store"/>, and again if no answer comes: each question may be asked twice.</summary>
/// <param name="network">The network that the store is in; its clock is that of all waiting, for in virtual time the system's stands still.</param>
/// <param name="host">The store's name or address there.</param>
public sealed class StoreClient(TunnelNetwork network, string host)
{
    private const int MaxAttempts = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public int Attempts { get; private set; }

    public Task SetAsync(string key, string value) => AskAsync($"set {key} {value}");

    public Task<string> GetAsync(string key) => AskAsync($"get {key}");

    private async Task<string> AskAsync(string question)
    {
        for (var left = MaxAttempts - 1; ; left--)
        {
            try
            {
                Attempts++;
                return await AskOnceAsync(question);
            }
            catch (Exception error) when (left > 0 && error is SocketException or IOException or OperationCanceledException)
            {
                await Task.Delay(Pause, network.Time);
            }
        }
    }

    private async Task<string> AskOnceAsync(string question)
    {
        using var patience = new CancellationTokenSource(Patience, network.Time);
        await using var connection = await network.ConnectAsync(new DnsEndPoint(host, Store.Port), cancellationToken: patience.Token);
        await connection.Output.WriteAsync(Encoding.UTF8.GetBytes($"{question}\n"), patience.Token);
        using var answers = new StreamReader(connection.AsStream());
        return await answers.ReadLineAsync(patience.Token) ?? throw new IOException("The store has hung up.");
    }
}
