using System.Buffers;
using System.Text;

namespace Onetun.Forwarder.Proxies;

/// <summary>
/// Says <c>Connection: close</c> in the head of a response, whatever its server says: a client that believes that the
/// connection stands sends its next request to nobody (RFC 9112 §9.6).
/// </summary>
internal sealed class ClosingResponse(Func<ReadOnlyMemory<byte>, ValueTask> write)
{
    private const int LongestHead = 64 * 1024;

    private static readonly string[] Replaced = ["Connection:", "Keep-Alive:", "Proxy-Connection:"];

    private ArrayBufferWriter<byte>? _waiting = new();

    /// <summary>Passes on the next part of what the server sends, once the head is whole.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data)
    {
        if (_waiting is null)
        {
            await write(data).ConfigureAwait(false);
            return;
        }

        _waiting.Write(data.Span);
        var rest = _waiting.WrittenMemory;
        while (LengthOfHead(rest.Span) is > 0 and var length)
        {
            var head = rest[..length];
            var isInterim = head.Span.StartsWith("HTTP/1.1 1"u8); // .. RFC 9110 §15.2: the response follows
            await write(isInterim ? head : Rewrite(head.Span)).ConfigureAwait(false);
            rest = rest[length..];
            if (!isInterim)
            {
                _waiting = null;
                await write(rest).ConfigureAwait(false);
                return;
            }
        }

        if (rest.Length > LongestHead || !MayBeHttp(rest.Span))
        {
            _waiting = null;
            await write(rest).ConfigureAwait(false);
            return;
        }

        var waiting = new ArrayBufferWriter<byte>();
        waiting.Write(rest.Span);
        _waiting = waiting;
    }

    /// <summary>Passes on what waited for the rest of a head, as it is.</summary>
    public async ValueTask EndAsync()
    {
        if (_waiting is { } waiting)
        {
            _waiting = null;
            await write(waiting.WrittenMemory).ConfigureAwait(false);
        }
    }

    private static int LengthOfHead(ReadOnlySpan<byte> bytes) =>
        MayBeHttp(bytes) && bytes.IndexOf("\r\n\r\n"u8) is >= 0 and var end ? end + 4 : 0;

    private static bool MayBeHttp(ReadOnlySpan<byte> bytes)
    {
        var start = "HTTP/1."u8;
        return bytes.Length < start.Length ? start.StartsWith(bytes) : bytes.StartsWith(start);
    }

    private static byte[] Rewrite(ReadOnlySpan<byte> head)
    {
        var lines = Encoding.Latin1.GetString(head[..^4]).Split("\r\n");
        var kept = lines.Where(line => !Replaced.Any(field => line.StartsWith(field, StringComparison.OrdinalIgnoreCase)));
        return Encoding.Latin1.GetBytes($"{string.Join("\r\n", kept)}\r\nConnection: close\r\n\r\n");
    }
}
