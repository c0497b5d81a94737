using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Onetun.Forwarder.Http;

/// <summary>Reads the head of an HTTP request or response, up to its empty line (RFC 9112 §2.1), and leaves the rest.</summary>
internal static class HeadReading
{
    /// <summary>
    /// A head of whatever kind. Anything else is recognised by its first byte: nobody waits for an empty line that TLS does not
    /// have.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled, or the pending read was.</exception>
    public static ValueTask<ReceivedHead> ReadHeadAsync(this PipeReader input, int longest, CancellationToken cancellationToken) =>
        ReadHeadAsync(input, longest, HeadKind.Any, cancellationToken);

    /// <summary>The same of a request, whose first line decides too: somebody who types a line gets an answer to it.</summary>
    public static ValueTask<ReceivedHead> ReadRequestHeadAsync(
        this PipeReader input, int longest, CancellationToken cancellationToken) =>
        ReadHeadAsync(input, longest, HeadKind.Request, cancellationToken);

    /// <summary>
    /// The same of a response, whose lines may end in LF alone (RFC 9112 §2.2): they are not passed on like that.
    /// </summary>
    public static ValueTask<ReceivedHead> ReadResponseHeadAsync(
        this PipeReader input, int longest, CancellationToken cancellationToken) =>
        ReadHeadAsync(input, longest, HeadKind.Response, cancellationToken);

    private static async ValueTask<ReceivedHead> ReadHeadAsync(
        PipeReader input, int longest, HeadKind kind, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (read.IsCanceled)
            {
                throw new OperationCanceledException("The connection was reset here.");
            }

            var buffer = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, longest));
            if (kind == HeadKind.Response ? TryTakeLenientHead(buffer, out var head, out var end) : TryTakeHead(buffer, out head, out end))
            {
                input.AdvanceTo(end);
                return new ReceivedHead(HeadOutcome.Whole, head);
            }

            var outcome = OutcomeOf(buffer, read.IsCompleted, longest, kind);
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (outcome is { } ended)
            {
                return new ReceivedHead(ended, []);
            }
        }
    }

    private static bool TryTakeHead(ReadOnlySequence<byte> buffer, out byte[] head, out SequencePosition end)
    {
        var reader = new SequenceReader<byte>(buffer);
        var found = reader.TryReadTo(out ReadOnlySequence<byte> _, "\r\n\r\n"u8);
        end = reader.Position;
        head = found ? buffer.Slice(0, end).ToArray() : [];
        return found;
    }

    private static bool TryTakeLenientHead(ReadOnlySequence<byte> buffer, out byte[] head, out SequencePosition end)
    {
        var reader = new SequenceReader<byte>(buffer);
        while (reader.TryAdvanceTo((byte)'\n'))
        {
            reader.IsNext((byte)'\r', advancePast: true);
            if (reader.IsNext((byte)'\n', advancePast: true))
            {
                end = reader.Position;
                head = buffer.Slice(0, end).ToArray();
                return true;
            }
        }

        (head, end) = ([], buffer.Start);
        return false;
    }

    /// <summary>What a head that is not whole has come to; null means: wait for more.</summary>
    private static HeadOutcome? OutcomeOf(ReadOnlySequence<byte> buffer, bool isCompleted, int longest, HeadKind kind)
    {
        if (buffer.IsEmpty)
        {
            return isCompleted ? HeadOutcome.None : null;
        }

        var isResponse = kind == HeadKind.Response;
        return !(isResponse ? MayBeResponse(buffer) : HttpSyntax.MayBegin(buffer.FirstSpan[0])) ? HeadOutcome.NotHttp
            : kind == HeadKind.Request && !MayBeRequest(buffer) ? HeadOutcome.NotHttp
            : !isResponse && HasBareLineFeed(buffer) ? HeadOutcome.BareLineFeed
            : buffer.Length >= longest ? HeadOutcome.TooLong
            : isCompleted ? HeadOutcome.CutOff
            : null;
    }

    private static bool MayBeResponse(ReadOnlySequence<byte> buffer)
    {
        var version = "HTTP/"u8;
        Span<byte> start = stackalloc byte[(int)Math.Min(version.Length, buffer.Length)];
        buffer.Slice(0, start.Length).CopyTo(start);
        return version.StartsWith(start);
    }

    // Empty lines in front of it are forgiven (RFC 9112 §2.2).
    private static bool MayBeRequest(ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        while (reader.TryReadTo(out ReadOnlySequence<byte> line, "\r\n"u8))
        {
            if (!line.IsEmpty)
            {
                return RequestHead.IsRequestLine(Encoding.Latin1.GetString(line));
            }
        }

        return true;
    }

    private static bool HasBareLineFeed(ReadOnlySequence<byte> buffer)
    {
        var before = (byte)0;
        foreach (var segment in buffer)
        {
            foreach (var current in segment.Span)
            {
                if (current == '\n' && before != '\r')
                {
                    return true;
                }

                before = current;
            }
        }

        return false;
    }

    private enum HeadKind
    {
        Any,
        Request,
        Response,
    }
}
