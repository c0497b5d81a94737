using System.Buffers;
using System.IO.Pipelines;

namespace Onetun.Forwarder.Proxies;

/// <summary>
/// What a client sends, up to the end of its request's body. What comes behind is for the server of another request
/// perhaps, and dropped; so is a body whose answer has ended already. Ends when the client ends.
/// </summary>
internal sealed class BodyReader(PipeReader input, RequestBody body) : PipeReader, IDisposable
{
    private readonly CancellationTokenSource _lingering = new();
    private volatile bool _isAnswered;
    private ReadOnlySequence<byte> _buffer;

    // .. at the beginning of the buffer, known to be the body's
    private long _passed;

    /// <summary>The answer has ended: the client has a little time left to take it.</summary>
    public void Linger(TimeSpan time)
    {
        _isAnswered = true;
        _lingering.CancelAfter(time);
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await input.ReadAsync(_lingering.Token).ConfigureAwait(false);
            _buffer = read.Buffer;
            Pass(_buffer.Slice(_passed));
            if (!_isAnswered && (_passed > 0 || !body.IsComplete))
            {
                return new ReadResult(_buffer.Slice(0, _passed), read.IsCanceled, read.IsCompleted);
            }

            input.AdvanceTo(_buffer.End);
            if (!read.IsCompleted)
            {
                await input.DropAsync(_lingering.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has had its time.
        }

        return new ReadResult(default, isCanceled: false, isCompleted: true);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _passed -= _buffer.Slice(0, consumed).Length;
        input.AdvanceTo(consumed, examined);
    }

    public override bool TryRead(out ReadResult result) => throw new NotSupportedException();

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    public void Dispose() => _lingering.Dispose();

    private void Pass(ReadOnlySequence<byte> fresh)
    {
        foreach (var segment in fresh)
        {
            _passed += body.Pass(segment.Span);
        }
    }
}
