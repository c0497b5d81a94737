using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using PipeReadResult = System.IO.Pipelines.ReadResult;

namespace Onetun.NetStack;

/// <summary>The datagrams of a flow as a pipe: one a read, and advancing by any amount is done with it.</summary>
internal sealed class DatagramReader(StackDriver driver, UdpFlow flow) : PipeReader, IValueTaskSource<PipeReadResult>
{
    private bool _reading;
    private bool _cancelled;
    private bool _closed;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    public Signal Signal { get; } = new();

    public override bool TryRead(out PipeReadResult result)
    {
        lock (driver.Lock)
        {
            ThrowIfClosed();
            return TryTake(out result);
        }
    }

    public override ValueTask<PipeReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<PipeReadResult>(cancellationToken);
        }

        try
        {
            return BeginRead(cancellationToken);
        }
        catch (Exception failure)
        {
            return ValueTask.FromException<PipeReadResult>(failure);
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (driver.Lock)
        {
            if (_reading && flow.HasDatagram)
            {
                flow.Remove();
            }

            _reading = false;
        }
    }

    public override void CancelPendingRead()
    {
        lock (driver.Lock)
        {
            _cancelled = true;
        }

        Wake();
    }

    public override void Complete(Exception? exception = null)
    {
        using var turn = driver.BeginTurn();
        Close();
    }

    /// <summary>Gives up the port, and who waits need not; under the lock.</summary>
    public void Close()
    {
        _closed = true;
        driver.Stack.Udp.Close(flow);
        driver.Wake(Signal);
    }

    PipeReadResult IValueTaskSource<PipeReadResult>.GetResult(short token)
    {
        Signal.GetResult(token);
        _registration.Dispose();
        lock (driver.Lock)
        {
            if (!TryTake(out var result))
            {
                _token.ThrowIfCancellationRequested();
                result = new PipeReadResult(default, isCanceled: true, isCompleted: false);
            }

            return result;
        }
    }

    ValueTaskSourceStatus IValueTaskSource<PipeReadResult>.GetStatus(short token) => Signal.GetStatus(token);

    void IValueTaskSource<PipeReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Signal.OnCompleted(continuation, state, token, flags);

    private ValueTask<PipeReadResult> BeginRead(CancellationToken cancellationToken)
    {
        short token;
        lock (driver.Lock)
        {
            ThrowIfClosed();
            if (TryTake(out var result))
            {
                return new ValueTask<PipeReadResult>(result);
            }

            token = Signal.Arm();
            _token = cancellationToken;
        }

        _registration = cancellationToken.UnsafeRegister(static reader => ((DatagramReader)reader!).Wake(), this);
        return new ValueTask<PipeReadResult>(this, token);
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_closed, typeof(UdpSocket));

    private bool TryTake(out PipeReadResult result)
    {
        if (flow.IsClosed)
        {
            throw new SocketException((int)SocketError.OperationAborted);
        }

        if (flow.Error != TcpEnd.None)
        {
            var error = TcpFailure.Error(flow.Error);
            flow.Error = TcpEnd.None;
            throw new SocketException((int)error);
        }

        _reading = flow.HasDatagram;
        result = new PipeReadResult(
            _reading ? new ReadOnlySequence<byte>(flow.Peek()) : default, _cancelled, isCompleted: false);
        var any = _reading || _cancelled;
        _cancelled = _cancelled && !any;
        return any;
    }

    private void Wake()
    {
        using var turn = driver.BeginTurn();
        driver.Wake(Signal);
    }
}
