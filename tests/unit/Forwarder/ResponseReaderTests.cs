using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Onetun.Forwarder.Hosting;
using Onetun.Forwarder.Http;
using Onetun.Forwarder.Proxies;
using Onetun.Tests.Support;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class ResponseReaderTests
{
    private const string Close = "Connection: close\r\n\r\n";
    private const string Keep = "Connection: keep-alive\r\n\r\n";

    // What waits for a piece goes on within the write of it
    private readonly Pipe _body = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        "HTTP/1.1 200 OK\r\nConnection: keep-alive, X\r\nX: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + Keep + "hi")]
    [InlineData("HTTP/1.0 304 Not Modified\r\n\r\n", "HTTP/1.0 304 Not Modified\r\n" + Close)]
    [InlineData(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n" + Keep)]
    [InlineData(
        "HTTP/1.1 200 OK\r\n\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK\r\n" + Close + "Connection: keep-alive\r\n\r\n")]
    [InlineData(
        "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n" + Keep + "hi")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n" + Close + "hi")]
    [InlineData(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n" + Keep + "1\r\n!\r\n0\r\nA: b\r\n\r\n")]
    // No end that all would see alike
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n" + Close + "hi")]
    [InlineData(
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n!\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + Close + "1\r\n!\r\n0\r\n\r\n")]
    [InlineData(
        "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + Keep + "hi")]
    // Forgiven, and not passed on
    [InlineData("HTTP/1.1 200\nA : b\n\tc\nContent-Length: 2\n\nhi", "HTTP/1.1 200 \r\nA: b c\r\nContent-Length: 2\r\n" + Keep + "hi")]
    [InlineData("HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nhi", "HTTP/1.1 200 OK\r\n" + Close + "hi")]
    [InlineData(
        "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nUpgrade: websocket\r\n" + Keep)]
    [InlineData(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n"
        + "Proxy-Support: Session-Based-Authentication\r\nConnection: keep-alive, Proxy-Support\r\n\r\n")]
    public async Task Response_says_whether_it_is_the_last_however_it_is_cut(string response, string expected)
    {
        foreach (var length in Enumerable.Range(1, response.Length))
        {
            Assert.Equal(expected, (await ReadAsync("GET", response.Chunk(length))).Text);
        }
    }

    [Theory]
    [InlineData("an answer of another kind\r\n\r\n")]
    [InlineData("SSH-2.0-server\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nBroken")]
    [InlineData("HTTP/1.1 200 OK\r\nBroken\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n")]
    [InlineData("HTTP/1.1 2OO OK\r\n\r\n")]
    [InlineData("HTTP/2 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("")]
    public async Task What_is_not_a_response_is_a_bad_gateway(string response)
    {
        var (text, ending) = await ReadAsync("GET", [response.ToCharArray()]);
        Assert.StartsWith("HTTP/1.1 502 Bad Gateway\r\n", text);
        Assert.Equal(ResponseEnding.Closed, ending);
    }

    [Fact]
    public async Task Head_without_end_is_not_kept_for_ever()
    {
        var (text, _) = await ReadAsync("GET", [$"HTTP/1.1 200 OK\r\nX: {new string('x', 70_000)}".ToCharArray()]);
        Assert.StartsWith("HTTP/1.1 502 Bad Gateway\r\n", text);
    }

    [Theory]
    [InlineData("Content-Length: 2\r\n", "h")]
    [InlineData("Transfer-Encoding: chunked\r\n", "5\r\nhel")]
    public async Task A_response_that_is_cut_off_ends_the_connection(string field, string body) => Assert.Equal(
        ResponseEnding.Closed, (await ReadAsync("GET", [$"HTTP/1.1 200 OK\r\n{field}\r\n{body}".ToCharArray()])).Ending);

    [Fact]
    public async Task Chunks_that_are_none_are_not_passed_on() => await Assert.ThrowsAsync<InvalidDataException>(() =>
        ReadAsync("GET", ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n".ToCharArray()]));

    [Fact]
    public void Pieces_of_bodies_that_are_waited_for_allocate_nothing()
    {
        var head = RequestHead.Parse("PUT / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n"u8)!;
        var sent = new PlainRequest("PUT", [], MessageBody.Of(head)!);
        using var request = new RequestReader(_body.Reader, sent);
        AssertAllocatesNothing(request);
        _body.Writer.Write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"u8);
        AssertAllocatesNothing(new ResponseReader(_body.Reader, sent, isFirst: true, () => { }));
    }

    private void AssertAllocatesNothing(PipeReader reader)
    {
        var piece = new byte[100];
        var reading = ConsumeAsync(reader);
        var allocated = Allocation.LeastOf(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                piece.CopyTo(_body.Writer.GetSpan(piece.Length));
                _body.Writer.Advance(piece.Length);
#pragma warning disable CA2012 // Nothing holds the writer back.
                Assert.True(_body.Writer.FlushAsync().IsCompletedSuccessfully);
#pragma warning restore CA2012
            }
        });
        Assert.Equal(0, allocated);
        reader.CancelPendingRead();
        Assert.True(reading.IsCompletedSuccessfully);
    }

    private static async Task ConsumeAsync(PipeReader reader)
    {
        while (await reader.ReadAsync(CancellationToken.None) is { IsCanceled: false } read)
        {
            reader.AdvanceTo(read.Buffer.End);
        }

        reader.AdvanceTo(default);
    }

    private static async Task<(string Text, ResponseEnding Ending)> ReadAsync(string method, IEnumerable<char[]> parts)
    {
        var input = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var request = new PlainRequest(method, [], MessageBody.None()) { IsKept = true };
        var reader = new ResponseReader(input.Reader, request, isFirst: true, () => { });
        var reading = ReadToEndAsync(reader);
        foreach (var part in parts)
        {
            await input.Writer.WriteAsync(Encoding.Latin1.GetBytes(part), Cancellation);
        }

        await input.Writer.CompleteAsync();
        return (await reading, reader.Ending);
    }

    private static async Task<string> ReadToEndAsync(PipeReader reader)
    {
        var text = new StringBuilder();
        while (await reader.ReadAsync(Cancellation) is { Buffer: var buffer, IsCompleted: var isCompleted } && !(isCompleted && buffer.IsEmpty))
        {
            text.Append(Encoding.Latin1.GetString(buffer));
            reader.AdvanceTo(buffer.End);
        }

        return text.ToString();
    }
}
