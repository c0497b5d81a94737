using System.Globalization;
using Onetun.Forwarder.Http;

namespace Onetun.Forwarder.Proxies;

/// <summary>Follows the body of an HTTP request or response to its end, as it passes (RFC 9112 §6).</summary>
internal sealed class MessageBody
{
    private const string Chunked = "chunked";

    // The codings that are passed on without a look inside (RFC 9112 §7).
    private static readonly string[] Compressions = ["gzip", "x-gzip", "compress", "x-compress", "deflate"];

    private readonly bool _isChunked;
    private Part _part;
    private long _remaining;
    private bool _hasDigits;

    private MessageBody(Part part, long length = 0)
    {
        _isChunked = part == Part.Size;
        _remaining = length;
        _part = part;
    }

    // RFC 9112 §7.1: chunks of a size, a line's end, data and a line's end; after the one of size 0 come fields.
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

        /// <summary>All that comes.</summary>
        Rest,
    }

    /// <summary>Nothing that comes now belongs to it.</summary>
    public bool IsComplete => _part == Part.End;

    /// <summary>Its end is that of the connection.</summary>
    public bool EndsWithConnection => _part == Part.Rest;

    /// <summary>One of no bytes.</summary>
    public static MessageBody None() => new(Part.End);

    /// <summary>One that ends with the connection.</summary>
    public static MessageBody ToTheEnd() => new(Part.Rest);

    /// <summary>The body of a request; null if its head leaves in doubt where that ends (RFC 9112 §6.3).</summary>
    public static MessageBody? Of(RequestHead head)
    {
        string[] codings = [.. head.Values("Transfer-Encoding")];
        string[] lengths = [.. head.Values("Content-Length")];
        return (codings, lengths) switch
        {
            ([], []) => None(),
            ([], [var text]) => OfLength(text),
            ([var coding], []) when head.Version == "HTTP/1.1" && IsChunked(coding) => new MessageBody(Part.Size),
            _ => null,
        };
    }

    /// <summary>The body of a response to a request; null if its head leaves in doubt where that ends (RFC 9112 §6.3).</summary>
    public static MessageBody? Of(ResponseHead head, string method)
    {
        string[] codings = [.. head.Fields.Members("Transfer-Encoding")];
        // The same length told twice is one length (RFC 9110 §8.6).
        string[] lengths = [.. head.Fields.Members("Content-Length").Distinct()];
        var isNone = method == "HEAD" || head.Status is < 200 or 204 or 304;
        return (codings, lengths) switch
        {
            (_, [_, _, ..]) => null,
            _ when isNone => None(),
            ([], []) => ToTheEnd(),
            ([], [var text]) => OfLength(text),
            _ when codings[..^1].Any(IsChunkedAlone) => null,
            _ => IsChunkedAlone(codings[^1]) ? new MessageBody(Part.Size) : ToTheEnd(),
        };
    }

    /// <summary>Whether it is coded in a way that nobody here knows (RFC 9112 §6.1).</summary>
    public static bool IsOfUnknownCoding(RequestHead head) => head.Values("Transfer-Encoding")
        .SelectMany(HttpSyntax.Members)
        .Any(coding => HttpSyntax.IsToken(coding)
            && !Compressions.Append(Chunked).Contains(coding, StringComparer.OrdinalIgnoreCase));

    /// <summary>How many of these bytes, which come next, belong to it.</summary>
    /// <exception cref="InvalidDataException">These are not chunks.</exception>
    public int Pass(ReadOnlySpan<byte> bytes)
    {
        if (_part == Part.Rest)
        {
            return bytes.Length;
        }

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

    // Chunked is applied last, and once (RFC 9112 §7.1).
    private static bool IsChunked(string value)
    {
        string[] codings = [.. HttpSyntax.Members(value)];
        return IsChunkedAlone(codings[^1])
            && codings[..^1].All(coding => Compressions.Contains(coding, StringComparer.OrdinalIgnoreCase));
    }

    private static bool IsChunkedAlone(string coding) => coding.Equals(Chunked, StringComparison.OrdinalIgnoreCase);

    private static MessageBody? OfLength(string text) =>
        !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? null
        : length == 0 ? None()
        : new MessageBody(Part.Data, length);

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
        // The last four bits of 'A' and 'a' are 1
        _remaining = (_remaining << 4) + (digit & 0xF) + (digit > '9' ? 9 : 0);
        return Part.Size;
    }

    private static InvalidDataException Broken() => new("The chunks of the body are malformed.");
}
