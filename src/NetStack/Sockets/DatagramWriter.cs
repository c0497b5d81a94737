using System.Buffers;
using System.IO.Pipelines;

namespace Onetun.NetStack;

/// <summary>Sends what is written between two flushes as one datagram. A flush never waits.</summary>
internal sealed class DatagramWriter(UdpSocket socket) : PipeWriter
{
    private ArrayBufferWriter<byte>? _datagram;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _datagram?.WrittenCount ?? 0;

    public override Memory<byte> GetMemory(int sizeHint = 0) => Datagram.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => Datagram.GetSpan(sizeHint);

    public override void Advance(int bytes) => Datagram.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        try
        {
            if (UnflushedBytes > 0)
            {
                socket.Send(Datagram.WrittenSpan);
            }

            return new ValueTask<FlushResult>(default(FlushResult));
        }
        catch (Exception failure)
        {
            return ValueTask.FromException<FlushResult>(failure);
        }
        finally
        {
            _datagram?.ResetWrittenCount(); // Also if it could not be sent, so that it is not in the way of the next
        }
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (!cancellationToken.IsCancellationRequested)
        {
            this.Write(source.Span);
        }

        return FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush()
    {
        // No flush is ever pending
    }

    /// <summary>Sends nothing, as UDP has no end of stream.</summary>
    public override void Complete(Exception? exception = null) => _datagram = null;

    private ArrayBufferWriter<byte> Datagram => _datagram ??= new ArrayBufferWriter<byte>(2048);
}
