using System.Text;
using Onetun.Forwarder.Proxies;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class ClosingResponseTests
{
    private readonly StringBuilder _written = new();

    [Theory]
    [InlineData(
        "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")]
    [InlineData("HTTP/1.0 304 Not Modified\r\n\r\n", "HTTP/1.0 304 Not Modified\r\nConnection: close\r\n\r\n")]
    [InlineData(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")]
    [InlineData(
        "HTTP/1.1 200 OK\r\n\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nConnection: keep-alive\r\n\r\n")]
    [InlineData("an answer of another kind\r\n\r\n", "an answer of another kind\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nBroken", "HTTP/1.1 200 OK\r\nBroken")]
    public async Task Response_says_that_it_is_the_last_however_it_is_cut(string response, string expected)
    {
        foreach (var length in Enumerable.Range(1, response.Length))
        {
            _written.Clear();
            var closing = new ClosingResponse(Write);
            foreach (var part in response.Chunk(length))
            {
                await closing.WriteAsync(Encoding.Latin1.GetBytes(part));
            }

            await closing.EndAsync();
            Assert.Equal(expected, _written.ToString());
        }
    }

    [Fact]
    public async Task Head_without_end_is_not_kept_for_ever()
    {
        var closing = new ClosingResponse(Write);
        await closing.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nX: {new string('x', 70_000)}"));
        Assert.StartsWith("HTTP/1.1 200 OK\r\nX: xxx", _written.ToString(), StringComparison.Ordinal);
    }

    private ValueTask Write(ReadOnlyMemory<byte> data)
    {
        _written.Append(Encoding.Latin1.GetString(data.Span));
        return ValueTask.CompletedTask;
    }
}
