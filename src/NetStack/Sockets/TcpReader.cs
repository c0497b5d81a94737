using System.Net.Sockets;
using PipeReadResult = System.IO.Pipelines.ReadResult;

namespace Onetun.NetStack;

/// <summary>The receive buffer of a connection as a pipe: data is read in place, and consuming it opens the window.</summary>
internal sealed class TcpReader(StackDriver driver, TcpConnection connection) : WaitingReader(driver, typeof(TcpSocket))
{
    private long _examined;

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var from = Offset(consumed);
        if (from < 0)
        {
            return; // The position is in an empty buffer
        }

        using var turn = Driver.BeginTurn();
        _examined = Math.Max(from, Offset(examined));
        connection.Consume(turn.Now, from, wantsMore: _examined > from && _examined >= connection.Receiver.Buffer.End);
    }

    public override void Complete(Exception? exception = null)
    {
        using var turn = Driver.BeginTurn();
        if (TryClose())
        {
            connection.IgnoreInput(turn.Now);
        }
    }

    /// <summary>Ends reading, and wakes a waiting read; under the lock.</summary>
    public void Close() => TryClose();

    protected override bool CanTake => connection.Receiver.Buffer is { Readable: > 0 } buffer && buffer.End > _examined;

    protected override bool TryTake(out PipeReadResult result)
    {
        var buffer = connection.Receiver.Buffer;
        var failure = connection.InputIsWhole ? null : TcpFailure.Of(connection);
        if (buffer.Readable == 0 || buffer.End <= _examined)
        {
            if (failure is not null)
            {
                throw failure;
            }

            if (!connection.InputEnded && !IsCancelled)
            {
                result = default;
                return false;
            }
        }

        result = new PipeReadResult(buffer.Read(), IsCancelled, connection.InputEnded && failure is null);
        IsCancelled = false;
        return true;
    }

    protected override PipeReadResult Cancelled() => new(connection.Receiver.Buffer.Read(), isCanceled: true, isCompleted: false);

    protected override Exception Aborted() => TcpFailure.Of(SocketError.OperationAborted);

    private static long Offset(SequencePosition position) =>
        position.GetObject() is ReceiveBlock block ? block.RunningIndex + position.GetInteger() : -1;
}
