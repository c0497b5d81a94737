using System.Net;
using System.Text;
using Onetun.Testing;

namespace UdpEcho;

/// <summary>Both ends in this process: two tunnels over loopback, one of which echoes what the other sends.</summary>
internal static class Demo
{
    public static async Task RunAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var pair = await WireGuardPair.StartAsync(cancellationToken: limit.Token);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        await using var server = pair.First.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        var echo = Echo.RunAsync(server, stop.Token);

        await using var client = pair.Second.BindUdp(new IPEndPoint(IPAddress.Any, 0));
        var buffer = new byte[100];
        foreach (var word in (string[])["one", "two", "three"])
        {
            client.SendTo(Encoding.UTF8.GetBytes(word), server.LocalEndPoint);
            var received = await client.ReceiveFromAsync(buffer, limit.Token);
            Console.WriteLine($"{received.RemoteEndPoint} says {Encoding.UTF8.GetString(buffer, 0, received.Length)}");
        }

        await stop.CancelAsync();
        await echo;
    }
}
