using Onetun.Interop;

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
    [InlineData("serve")]
    [InlineData("greet", "wg0.conf", "10.0.0.2")]
    public async Task Arguments_that_mean_nothing_are_answered_with_the_usage(params string[] arguments)
    {
        await using var sample = Sample.Start("Grpc", arguments);
        Assert.Equal(["usage: Grpc [serve wg0.conf | greet wg0.conf ADDRESS NAME]"], await sample.EndAsync(exitCode: 2));
    }
}
