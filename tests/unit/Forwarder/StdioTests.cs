using System.IO.Pipelines;
using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Common;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class StdioTests : IDisposable
{
    private readonly Pipe _keyboard = new();
    private readonly MemoryStream _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task Input_goes_out_and_what_comes_in_is_output_to_the_end()
    {
        await using var server = new TestEnd();
        await using var client = new StdioConnection(_keyboard.Reader.AsStream(), _screen);
        var relay = Relay.RunAsync(client, server, new Traffic());
        await _keyboard.Writer.WriteAsync("question"u8.ToArray(), TestContext.Current.CancellationToken);
        await _keyboard.Writer.CompleteAsync();
        Assert.Equal("question"u8.ToArray(), await server.ReadSentAsync());
        await server.ArriveAsync("answer"u8.ToArray());
        await server.Arriving.CompleteAsync();
        Assert.Null((await relay).Error);
        Assert.Equal("answer"u8.ToArray(), _screen.ToArray());
    }

    [Fact]
    public async Task A_server_that_resets_ends_it_though_the_input_stays_open()
    {
        await using var server = new TestEnd();
        await using var client = new StdioConnection(_keyboard.Reader.AsStream(), _screen);
        var relay = Relay.RunAsync(client, server, new Traffic());
        await server.Arriving.CompleteAsync(new IOException("reset"));
        Assert.Equal(RelayEnding.BrokenByServer, (await relay).Ending);
        Assert.False(client.Pumping.IsCompleted);
        await _keyboard.Writer.CompleteAsync();
    }

    [Fact]
    public async Task An_input_that_fails_in_whatever_way_ends_it()
    {
        await using var server = new TestEnd();
        await using var client = new StdioConnection(_keyboard.Reader.AsStream(), _screen);
        var relay = Relay.RunAsync(client, server, new Traffic());
        await _keyboard.Writer.CompleteAsync(new UnauthorizedAccessException());
        Assert.Equal(RelayEnding.BrokenByClient, (await relay).Ending);
    }

    [Theory]
    [InlineData("stdio")]
    [InlineData("stdio", "host")]
    [InlineData("stdio", "192.168.4.2:22", "--pcap", "-")]
    [InlineData("stdio", "192.168.4.2:22", "--socks5", "1080")]
    [InlineData("stdio", "192.168.4.2:22")]
    public async Task A_wrong_command_line_is_exit_code_2(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        Assert.Equal(2, await new CommandLine(new TestMachine().Machine, TextReader.Null, output, error).RunAsync(arguments));
        Assert.StartsWith("Error: ", error.ToString());
    }

    [Fact]
    public async Task Localhost_is_not_behind_the_tunnel()
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var line = new CommandLine(new TestMachine().Machine, TextReader.Null, output, error);
        Assert.Equal(2, await line.RunAsync(["stdio", "localhost:22"]));
        Assert.StartsWith("Error: localhost is this machine, not one behind the tunnel", error.ToString());
    }
}
