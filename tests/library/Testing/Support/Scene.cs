using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Onetun.Testing.Tests;

/// <summary>Two hosts in virtual time, the second of which echoes on port 7.</summary>
internal sealed class Scene : IAsyncDisposable
{
    public const int Port = 7;

    /// <summary>What may take real time has this of it.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    public Scene(VirtualLinkOptions? link = null, int seed = 1)
    {
        Network = new VirtualNetwork(seed, Clock) { DefaultLink = link ?? new VirtualLinkOptions { Delay = TimeSpan.FromMilliseconds(10) } };
        (App, Server) = (Network.AddHost("app"), Network.AddHost("server"));
        Serving = Echo.ServeAsync(Server.Listen(Port));
    }

    public FakeTimeProvider Clock { get; } = new();

    public VirtualNetwork Network { get; }

    public VirtualHost App { get; }

    public VirtualHost Server { get; }

    public Task Serving { get; }

    public IPEndPoint Target => new(Server.Addresses[0].Address, Port);

    /// <summary>The virtual time that something takes.</summary>
    public async Task<TimeSpan> TimeAsync(Func<Task> action)
    {
        var start = Clock.GetTimestamp();
        await Network.RunAsync(action());
        return Clock.GetElapsedTime(start);
    }

    public static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        await Network.DisposeAsync();
        await Serving.WaitAsync(Patience);
    }
}
