using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Onetun.Forwarder.Proxies;

/// <summary>
/// One message of those that come in: heads as they are to be passed on, and the body in the memory it came to. What follows
/// that stays in the input.
/// </summary>
internal abstract class MessageReader(PipeReader input) : PipeReader
{
    private ReadOnlySequence<byte> _head;
    private ReadOnlySequence<byte> _buffer;

    // How many bytes at the beginning of the buffer are known to be the body's.
    private long _passed;

    /// <summary>The read that ended the message, or goes no further.</summary>
    protected static ReadResult Ended => new(default, isCanceled: false, isCompleted: true);

    protected PipeReader Source => input;

    /// <summary>Null: another head follows.</summary>
    protected MessageBody? Body { get; set; }

    /// <summary>All of the body was handed over.</summary>
    protected bool IsBodyDone => Body is { IsComplete: true } && _passed == 0;

    public sealed override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _head.IsEmpty ? ReadBehindHeadAsync() : ValueTask.FromResult(ReadHead());

    public sealed override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public sealed override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_head.IsEmpty)
        {
            _head = _head.Slice(consumed);
            return;
        }

        _passed -= _buffer.Slice(0, consumed).Length;
        input.AdvanceTo(consumed, examined);
    }

    public sealed override bool TryRead(out ReadResult result) => throw new NotSupportedException();

    public sealed override void CancelPendingRead() => input.CancelPendingRead();

    public sealed override void Complete(Exception? exception = null) => input.Complete(exception);

    /// <summary>A head is handed over, and then what follows.</summary>
    protected ReadResult Begin(byte[] head, MessageBody? body)
    {
        _head = new ReadOnlySequence<byte>(head);
        Body = body;
        return ReadHead();
    }

    /// <summary>Once there is no head to hand over: another one, a part of the body, or the end.</summary>
    protected abstract ValueTask<ReadResult> ReadBehindHeadAsync();

    /// <summary>The input has ended.</summary>
    protected abstract void OnEnded();

    /// <summary>The next part of the body; ends with the input.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected async ValueTask<ReadResult> ReadBodyAsync(CancellationToken cancellationToken)
    {
        var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
        _buffer = read.Buffer;
        foreach (var segment in _buffer.Slice(_passed))
        {
            _passed += Body!.Pass(segment.Span);
        }

        if (_passed > 0 || !read.IsCompleted)
        {
            return new ReadResult(_buffer.Slice(0, _passed), read.IsCanceled, isCompleted: false);
        }

        input.AdvanceTo(_buffer.Start);
        OnEnded();
        return new ReadResult(default, read.IsCanceled, isCompleted: true);
    }

    private ReadResult ReadHead() => new(_head, isCanceled: false, isCompleted: false);
}
