using System.Buffers;
using System.IO.Pipelines;

namespace Onetun.Forwarder.Proxies;

/// <summary>Reads the head of an HTTP request, up to its empty line (RFC 9112 §2.1), and leaves the rest.</summary>
internal static class HeadReading
{
    /// <summary>What is none is told by its first bytes: nobody waits for an empty line that TLS does not have.</summary>
    public static async ValueTask<ReceivedHead> ReadHeadAsync(
        this PipeReader input, int longest, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, longest));
            if (TryTakeHead(buffer, out var head, out var end))
            {
                input.AdvanceTo(end);
                return new ReceivedHead(HeadOutcome.Whole, head);
            }

            var outcome = OutcomeOf(buffer, read.IsCompleted, longest);
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

    /// <summary>What a head that is not whole has come to; null is: wait for more.</summary>
    private static HeadOutcome? OutcomeOf(ReadOnlySequence<byte> buffer, bool isCompleted, int longest)
    {
        if (buffer.IsEmpty)
        {
            return isCompleted ? HeadOutcome.None : null;
        }

        return !HttpSyntax.MayBegin(buffer.FirstSpan[0]) ? HeadOutcome.NotHttp
            : HasBareLineFeed(buffer) ? HeadOutcome.BareLineFeed
            : buffer.Length >= longest ? HeadOutcome.TooLong
            : isCompleted ? HeadOutcome.CutOff
            : null;
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
}
