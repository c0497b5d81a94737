using System.Text;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class StdioTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Stdio_carries_a_conversation_and_exits_0()
    {
        var onetun = StartStdio(WireGuardPeer.EchoPort);
        var (input, output) = onetun.Pipes;

        for (var turn = 0; turn < 20; turn++)
        {
            var line = Encoding.ASCII.GetBytes($"line {turn}\n");
            await input.WriteAsync(line, Cancellation);
            await input.FlushAsync(Cancellation);
            var echo = new byte[line.Length];
            await output.ReadExactlyAsync(echo, Cancellation).AsTask().WaitAsync(Limit, Cancellation);
            Assert.Equal(line, echo);
        }

        input.Close();
        Assert.Equal(0, await output.ReadAsync(new byte[1], Cancellation).AsTask().WaitAsync(Limit, Cancellation));
        Assert.Equal(0, await onetun.WaitForExitAsync(Limit));
    }

    [Fact]
    public async Task Stdio_sends_the_end_of_its_input_and_prints_the_answer_to_it()
    {
        var onetun = StartStdio(WireGuardPeer.AfterEndPort);
        var (input, output) = onetun.Pipes;

        await input.WriteAsync(new byte[1_000_000], Cancellation);
        input.Close();

        var (count, _) = await output.ReceiveAsync().WaitAsync(Limit, Cancellation);
        Assert.Equal(10_000_000, count);
        Assert.Equal(0, await onetun.WaitForExitAsync(Limit));
    }

    [Fact]
    public async Task Stdio_to_a_closed_port_exits_1()
    {
        var onetun = StartStdio(port: 81);

        Assert.Equal(1, await onetun.WaitForExitAsync(Limit));
        Assert.Contains("refused", onetun.Log, StringComparison.OrdinalIgnoreCase);
    }
}
