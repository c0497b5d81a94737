using System.Globalization;

namespace Onetun.Forwarder.Proxies;

/// <summary>Follows the body of an HTTP request to its end, as it passes (RFC 9112 §6).</summary>
internal sealed class RequestBody
{
    private const string Chunked = "chunked";

    // RFC 9112 §7: what we pass on without a look inside
    private static readonly string[] Compressions = ["gzip", "x-gzip", "compress", "x-compress", "deflate"];

    private readonly bool _isChunked;
    private Part _part;
    private long _remaining;
    private bool _hasDigits;

    private RequestBody(long? length)
    {
        _isChunked = length is null;
        _remaining = length ?? 0;
        _part = length switch { null => Part.Size, 0 => Part.End, _ => Part.Data };
    }

    // RFC 9112 §7.1: chunks of a size, a line's end, data and a line's end; behind the one of size 0 come fields.
    private enum Part
    {
        Size,
        Extension,
        SizeEnd,
        Data,
        DataCr,
        DataEnd,
        LineStart,
        Line,
        LineEnd,
        LastEnd,
        End,
    }

    /// <summary>Nothing that comes now belongs to it.</summary>
    public bool IsComplete => _part == Part.End;

    /// <summary>The body of a request; null if its head leaves in doubt where that ends (RFC 9112 §6.3).</summary>
    public static RequestBody? Of(RequestHead head)
    {
        string[] codings = [.. head.Values("Transfer-Encoding")];
        string[] lengths = [.. head.Values("Content-Length")];
        return (codings, lengths) switch
        {
            ([], []) => new RequestBody(0),
            ([], [var text]) when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) =>
                new RequestBody(length),
            ([var coding], []) when head.Version == "HTTP/1.1" && IsChunked(coding) => new RequestBody(null),
            _ => null,
        };
    }

    /// <summary>Whether it is coded in a way that nobody here knows (RFC 9112 §6.1).</summary>
    public static bool IsOfUnknownCoding(RequestHead head) => head.Values("Transfer-Encoding")
        .SelectMany(HttpSyntax.Members)
        .Any(coding => HttpSyntax.IsToken(coding)
            && !Compressions.Append(Chunked).Contains(coding, StringComparer.OrdinalIgnoreCase));

    /// <summary>How many of these bytes, which come next, belong to it.</summary>
    /// <exception cref="InvalidDataException">Chunks do not look so.</exception>
    public int Pass(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length && !IsComplete)
        {
            if (_part != Part.Data)
            {
                _part = _part < Part.LineStart ? NextOfChunk(bytes[at]) : NextOfTrailer(bytes[at]);
                at++;
                continue;
            }

            var count = (int)Math.Min(_remaining, bytes.Length - at);
            at += count;
            _remaining -= count;
            if (_remaining == 0)
            {
                _part = _isChunked ? Part.DataCr : Part.End;
            }
        }

        return at;
    }

    // RFC 9112 §7.1: chunked is applied last, and once
    private static bool IsChunked(string value)
    {
        string[] codings = [.. HttpSyntax.Members(value)];
        return codings[^1].Equals(Chunked, StringComparison.OrdinalIgnoreCase)
            && codings[..^1].All(coding => Compressions.Contains(coding, StringComparer.OrdinalIgnoreCase));
    }

    private Part NextOfChunk(byte next) => (_part, (char)next) switch
    {
        (Part.Size, '\r') when _hasDigits => Part.SizeEnd,
        (Part.Size, ';' or ' ' or '\t') when _hasDigits => Part.Extension,
        (Part.Size, _) => AddDigit((char)next),
        (Part.Extension, '\r') => Part.SizeEnd,
        (Part.Extension, >= ' ' or '\t') => Part.Extension,
        (Part.SizeEnd, '\n') => _remaining > 0 ? Part.Data : Part.LineStart,
        (Part.DataCr, '\r') => Part.DataEnd,
        (Part.DataEnd, '\n') => BeginSize(),
        _ => throw Broken(),
    };

    private Part NextOfTrailer(byte next) => (_part, (char)next) switch
    {
        (Part.LineStart, '\r') => Part.LastEnd,
        (Part.LastEnd, '\n') => Part.End,
        (Part.Line, '\r') => Part.LineEnd,
        (Part.LineEnd, '\n') => Part.LineStart,
        (Part.LineStart or Part.Line, >= ' ' or '\t') => Part.Line,
        _ => throw Broken(),
    };

    private Part BeginSize()
    {
        _hasDigits = false;
        return Part.Size;
    }

    private Part AddDigit(char digit)
    {
        if (!char.IsAsciiHexDigit(digit) || _remaining > long.MaxValue >> 4)
        {
            throw Broken();
        }

        _hasDigits = true;
        // .. the last four bits of 'A' and 'a' are 1
        _remaining = (_remaining << 4) + (digit & 0xF) + (digit > '9' ? 9 : 0);
        return Part.Size;
    }

    private static InvalidDataException Broken() => new("The chunks of the request's body are broken.");
}
