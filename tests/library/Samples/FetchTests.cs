using System.Net;
using System.Security.Cryptography;
using Onetun.Interop;
using Onetun.Testing;
using Onetun.WireGuard;

namespace Onetun.Samples.Tests;

/// <summary>The sample of README.md: a program of a few lines fetches a page through WireGuard.</summary>
public sealed class FetchTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void It_stands_in_the_readme_word_for_word()
    {
        var program = File.ReadAllText(Path.Combine(Checkout.Root, "samples", "Fetch", "Program.cs"));
        Assert.Contains(program, File.ReadAllText(Path.Combine(Checkout.Root, "README.md")), StringComparison.Ordinal);
        Assert.True(program.Count(c => c == '\n') <= 15);
    }

    [Fact]
    public async Task It_fetches_a_page_from_a_network_that_a_file_describes()
    {
        var text = Convert.ToBase64String(RandomNumberGenerator.GetBytes(PrivateKey.Size));
        using var key = PrivateKey.Parse(text);
        await using var pair = await WireGuardPair.StartAsync(cancellationToken: Cancellation);
        pair.Second.SetPeers([new PeerOptions { PublicKey = key.PublicKey, AllowedIPs = [new IPNetwork(IPAddress.Parse("10.77.0.9"), 32)] }]);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"""
            [Interface]
            PrivateKey = {text}
            Address = 10.77.0.9/32

            [Peer]
            PublicKey = {pair.Second.PublicKey}
            Endpoint = {IPAddress.Loopback}:{pair.Second.LocalEndPoint.Port}
            AllowedIPs = {pair.SecondAddress}/32
            """, Cancellation);
        await using var listener = pair.Second.Listen(80);
        await using var program = Sample.Start("Fetch", file, $"http://{pair.SecondAddress}/");
        try
        {
            await using var client = (await listener.AcceptAsync(Cancellation).AsTask().WaitAsync(Patience, Cancellation))!;
            await client.Output.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"u8.ToArray(), Cancellation);
            Assert.Equal(["hello"], await program.EndAsync());
        }
        finally
        {
            File.Delete(file);
        }
    }
}
