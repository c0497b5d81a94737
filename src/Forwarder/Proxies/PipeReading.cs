using System.Buffers;
using System.IO.Pipelines;

namespace Onetun.Forwarder.Proxies;

/// <summary>Reads parts of a pipe and leaves the rest to whoever comes next.</summary>
internal static class PipeReading
{
    /// <exception cref="InvalidDataException">The input ended before.</exception>
    public static async ValueTask<byte[]> ReadExactAsync(
        this PipeReader input, int count, CancellationToken cancellationToken)
    {
        if (count == 0)
        {
            return [];
        }

        var read = await input.ReadAtLeastAsync(count, cancellationToken).ConfigureAwait(false);
        if (read.Buffer.Length < count)
        {
            input.AdvanceTo(read.Buffer.End);
            throw new InvalidDataException("The client ended in the middle of its request.");
        }

        var part = read.Buffer.Slice(0, count);
        var bytes = part.ToArray();
        input.AdvanceTo(part.End);
        return bytes;
    }

    /// <summary>Reads up to an empty line, and that too; null if the input ended before anything came.</summary>
    /// <exception cref="InvalidDataException">It ended before the empty line, or that did not come in time.</exception>
    public static async ValueTask<byte[]?> ReadHeadAsync(
        this PipeReader input, int longest, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var length = read.Buffer.Length;
            if (TryTakeHead(read.Buffer.Slice(0, Math.Min(length, longest)), out var head, out var end))
            {
                input.AdvanceTo(end);
                return head;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted && length == 0)
            {
                return null;
            }

            if (read.IsCompleted || length >= longest)
            {
                throw new InvalidDataException("The request has no end.");
            }
        }
    }

    /// <summary>Reads to the end, for nothing.</summary>
    public static async ValueTask DropAsync(this PipeReader input, CancellationToken cancellationToken)
    {
        var isCompleted = false;
        while (!isCompleted)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            isCompleted = read.IsCompleted;
            input.AdvanceTo(read.Buffer.End);
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
}
