using System.Buffers;
using System.IO.Pipelines;

namespace Onetun.Forwarder.Http;

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
            throw new InvalidDataException("The client closed the connection in the middle of its request.");
        }

        var part = read.Buffer.Slice(0, count);
        var bytes = part.ToArray();
        input.AdvanceTo(part.End);
        return bytes;
    }

    /// <summary>Looks at the first byte and leaves it; null if the input ends before one comes.</summary>
    public static async ValueTask<byte?> PeekAsync(this PipeReader input, CancellationToken cancellationToken)
    {
        var read = await input.ReadAtLeastAsync(1, cancellationToken).ConfigureAwait(false);
        byte? first = read.Buffer.IsEmpty ? null : read.Buffer.FirstSpan[0];
        input.AdvanceTo(read.Buffer.Start);
        return first;
    }

    /// <summary>Reads to the end, and drops what comes.</summary>
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
}
