using Onetun.Interop;
using Onetun.WireGuard;

namespace Onetun.Samples.Tests;

/// <summary>The sample of gRPC.</summary>
public sealed class GrpcTests
{
    [Fact]
    public async Task The_server_knows_who_calls_and_answers_once_and_in_a_stream()
    {
        await using var sample = Sample.Start("Grpc");
        var lines = await sample.EndAsync();
        var key = lines[0].Split(' ')[^1];
        Assert.Equal(
            [
                $"The client is the peer {key}",
                $"Hello, Ada at 10.7.0.2, whose call came from the peer {key}",
                "Hello, Ada at 10.7.0.2",
                "Bonjour, Ada at 10.7.0.2",
                "Hallo, Ada at 10.7.0.2",
            ],
            lines);
        Assert.Equal(44, key.Length);
    }

    [Theory]
    [InlineData("serve", "/nowhere/wg0.conf")]
    [InlineData("greet", "/nowhere/wg0.conf", "10.0.0.2", "Ada")]
    public async Task A_file_that_is_not_there_is_told_in_a_sentence(params string[] arguments)
    {
        await using var sample = Sample.Start("Grpc", arguments);
        Assert.Equal(["Could not find a part of the path '/nowhere/wg0.conf'."], await sample.EndAsync(exitCode: 1));
    }

    [Fact]
    public async Task A_server_that_no_peer_has_is_told_in_a_sentence()
    {
        using var ours = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"""
            [Interface]
            PrivateKey = {ours.ToBase64()}
            Address = 10.7.0.2/32

            [Peer]
            PublicKey = {theirs.PublicKey}
            AllowedIPs = 10.7.0.1/32
            """, TestContext.Current.CancellationToken);
        await using var sample = Sample.Start("Grpc", "greet", file, "10.7.0.3", "Ada");
        try
        {
            Assert.Contains("10.7.0.3", Assert.Single(await sample.EndAsync(exitCode: 1)), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("greet", "wg0.conf", "10.0.0.2")]
    [InlineData("greet", "wg0.conf", "no host", "Ada")]
    public async Task Arguments_that_mean_nothing_are_answered_with_the_usage(params string[] arguments)
    {
        await using var sample = Sample.Start("Grpc", arguments);
        Assert.Equal(["usage: Grpc [serve wg0.conf | greet wg0.conf ADDRESS NAME]"], await sample.EndAsync(exitCode: 2));
    }
}
