using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Http;
using Onetun.Forwarder.Proxies;
using Onetun.Forwarder.Tests;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.Forwarder;

/// <summary>Clients of the proxies: a request is read, refused or no request at all, and what is passed on is one request.</summary>
internal sealed class ProxyGame : Game
{
    private static readonly ProxyCredentials Somebody = new("user", "password");

    private static readonly string[] Targets =
    [
        "http://web.example/", "http://10.0.0.1:8080?q", "http://[::1]", "web.example:443", "[::1]:443", "/", "*", "http://",
        "http://a@b/",
    ];

    private static readonly string[] Fields =
    [
        "Host: web.example", "Content-Length: 5", "Content-Length: 99999999999999999999", "Content-Length: -1", "Content-Length:",
        "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: \u00a0chunked", "Connection: close, X",
        "Proxy-Authorization: Basic dXNlcjpwYXNzd29yZA==", "Proxy-Authorization: Basic !", "Proxy-Authorization: Basic",
        "X: y", " X: y", "X : y", "X", ": x", "X:\ty", "X: \x01", "X: a\rb", "X: a\nb",
    ];

    private static readonly string[] Chunks =
        ["5\r\n", "hello\r\n", "0\r\n", "\r\n", "ffffffffffffffff\r\n", "A;x=y\r\n", "5 \r\n", "G\r\n", "X: y\r\n", "\n"];

    private static readonly PipeOptions AtOnce = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false);

    private static readonly string[] StatusLines =
        ["HTTP/1.1 200 OK", "HTTP/1.1 200", "HTTP/1.0 204 No Content", "HTTP/1.1 100 Continue", "HTTP/1.1 101 X", "HTTP/1.1 999 X", "HTTP/2 200 OK", ""];

    public override void Step(Dice dice)
    {
        ReadBody(dice);
        ReadResponse(dice);
        var credentials = dice.OneIn(2) ? Somebody : null;
        var bytes = dice.OneIn(2) ? Socks(dice) : Http(dice);
        var isHttp = bytes.Length > 0 && bytes[0] is not 5;
        Inputs++;
        Story?.Add($"  {Convert.ToHexString(bytes)}");
        if (Read(dice, isHttp ? new HttpProxy(credentials) : new Socks5(credentials), bytes) is { Plain.Head: var head })
        {
            Check(head);
        }
    }

    private static ProxyRequest? Read(Dice dice, IProxyProtocol protocol, byte[] bytes)
    {
        var client = new TestEnd();
        var at = dice.OneIn(2) ? bytes.Length : dice.Next(bytes.Length + 1);
        client.Arriving.Write(bytes.AsSpan(0, at));
        client.Arriving.Write(bytes.AsSpan(at));
        client.Arriving.Complete();
        try
        {
            return Completed.ResultOf(protocol.ReadRequestAsync(client, CancellationToken.None).AsTask()).Request;
        }
        catch (InvalidDataException)
        {
            return null; // as it says
        }
    }

    /// <summary>What the server is sent is one head, and nothing that another server would read as two.</summary>
    private static void Check(byte[] head)
    {
        var again = RequestHead.Parse(head);
        Require(again is not null, "the head passed on is one");
        Require(head.AsSpan().IndexOf("\r\n\r\n"u8) == head.Length - 4, "the head passed on ends once");
        Require(again!.Values("Host").Count() == 1, "the head passed on names its host");
        Require(!again.Values("Proxy-Authorization").Any(), "no password is passed on");
        Require(MessageBody.Of(again) is not null, "the head passed on says how long the body is");
    }

    /// <summary>A body is as long in one piece as it is byte by byte.</summary>
    private void ReadBody(Dice dice)
    {
        var length = dice.OneIn(2) ? ("Content-Length", $"{dice.Next(40)}") : ("Transfer-Encoding", "chunked");
        var head = new RequestHead("POST", "/", "HTTP/1.1", [length]);
        var chunks = Enumerable.Range(0, dice.Next(12)).Select(_ => dice.Pick<string>(Chunks));
        var bytes = Encoding.Latin1.GetBytes(string.Concat(chunks));
        Inputs++;
        Story?.Add($"  body {Convert.ToHexString(bytes)}");
        Require(Pass(head, [bytes]) == Pass(head, [.. bytes.Select(b => new[] { b })]), "a body is as long in pieces as whole");
    }

    /// <summary>What the client is sent of a response is one that it understands, as the proxy does, however it is cut.</summary>
    private void ReadResponse(Dice dice)
    {
        var end = dice.OneIn(4) ? "\n" : "\r\n";
        var fields = Enumerable.Range(0, dice.Next(5)).Select(_ => dice.Pick<string>(Fields));
        var body = string.Concat(Enumerable.Range(0, dice.Next(6)).Select(_ => dice.Pick<string>(Chunks)));
        var text = $"{dice.Pick<string>(StatusLines)}{end}{string.Concat(fields.Select(field => field + end))}{end}{body}";
        var bytes = Damage(dice, Encoding.Latin1.GetBytes(text));
        var request = new PlainRequest(dice.Pick("GET", "HEAD"), [], MessageBody.None()) { IsKept = true, AsksToUpgrade = dice.OneIn(2) };
        Inputs++;
        Story?.Add($"  response {Convert.ToHexString(bytes)}");
        var whole = Carry(request, [bytes]);
        var pieces = Carry(request, [.. bytes.Select(b => new[] { b })]);
        Require((whole ?? []).SequenceEqual(pieces ?? []), "a response is the same in pieces as whole");
        if (whole is null || whole.Length == 0)
        {
            return;
        }

        var length = whole.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        Require(length >= 4, "the head passed on ends");
        var head = ResponseHead.Parse(whole.AsSpan(0, length));
        Require(head is not null && MessageBody.Of(head, request.Method) is not null, "the head passed on is one");
        Require(!head!.IsInterim == head.Fields.Values("Connection").Any(), "the head passed on says whether the connection stands");
        var isBoth = head.Fields.Values("Transfer-Encoding").Any() && head.Fields.Values("Content-Length").Any();
        Require(!isBoth, "the head passed on tells one length");
    }

    private static byte[]? Carry(PlainRequest request, byte[][] pieces)
    {
        var server = new Pipe(AtOnce);
        var reading = ReadAsync(new ResponseReader(server.Reader, request, isFirst: true, () => { }));
        foreach (var piece in pieces)
        {
            server.Writer.Write(piece);
            Completed.ResultOf(server.Writer.FlushAsync().AsTask());
        }

        server.Writer.Complete();
        try
        {
            return Completed.ResultOf(reading);
        }
        catch (InvalidDataException)
        {
            return null; // of chunks
        }
    }

    private static async Task<byte[]> ReadAsync(ResponseReader reader)
    {
        List<byte> got = [];
        while (await reader.ReadAsync().ConfigureAwait(false) is { Buffer: var buffer } read && !(read.IsCompleted && buffer.IsEmpty))
        {
            got.AddRange(buffer.ToArray());
            reader.AdvanceTo(buffer.End);
        }

        return [.. got];
    }

    private static int Pass(RequestHead head, byte[][] pieces)
    {
        var body = MessageBody.Of(head)!;
        var passed = 0;
        try
        {
            foreach (var piece in pieces)
            {
                passed += body.Pass(piece);
            }

            return passed;
        }
        catch (InvalidDataException)
        {
            return -1;
        }
    }

    private static byte[] Socks(Dice dice)
    {
        byte[] address = dice.Next(4) switch
        {
            0 => [1, .. dice.Bytes(6)],
            1 => [4, .. dice.Bytes(18)],
            2 => [(byte)dice.Next(256), .. dice.Bytes(dice.Length(300))],
            _ => [3, (byte)dice.Next(16), .. "web.example\0\x1b web"u8[..dice.Next(16)], .. dice.Bytes(2)],
        };
        byte[] hello = dice.OneIn(2) ? [5, 1, 0] : [5, 2, 0, 2, 1, 4, .. "user"u8, 8, .. "password"u8];
        byte[] bytes = [.. hello, 5, dice.Pick<byte>(1, 3, 2, 0), 0, .. address];
        return Damage(dice, bytes);
    }

    private static byte[] Http(Dice dice)
    {
        var text = new StringBuilder(dice.Pick("GET", "CONNECT", "OPTIONS", "", "G\tT", "POST"));
        text.Append(' ').Append(dice.Pick<string>(Targets)).Append(' ');
        text.Append(dice.Pick("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2", "")).Append("\r\n");
        for (var fields = dice.Next(6); fields > 0; fields--)
        {
            text.Append(dice.Pick<string>(Fields)).Append("\r\n");
        }

        return Damage(dice, Encoding.Latin1.GetBytes(text.Append("\r\n").ToString()));
    }

    private static byte[] Damage(Dice dice, byte[] bytes)
    {
        for (var changes = dice.OneIn(2) ? 0 : dice.Next(4); changes > 0; changes--)
        {
            bytes[dice.Next(bytes.Length)] = (byte)dice.Next(256);
        }

        return dice.OneIn(6) ? bytes[..dice.Next(bytes.Length + 1)] : bytes;
    }
}
