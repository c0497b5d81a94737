using System.Buffers;
using System.Net.Sockets;
using PipeReadResult = System.IO.Pipelines.ReadResult;

namespace Onetun.NetStack;

/// <summary>The datagrams of a flow as a pipe: each read returns one, and advancing by any amount consumes it.</summary>
internal sealed class DatagramReader(StackDriver driver, UdpFlow flow) : WaitingReader(driver, typeof(UdpSocket))
{
    private bool _reading;

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (Driver.Lock)
        {
            if (_reading && flow.HasDatagram)
            {
                flow.Remove();
            }

            _reading = false;
        }
    }

    public override void Complete(Exception? exception = null)
    {
        using var turn = Driver.BeginTurn();
        Close();
    }

    /// <summary>Closes the flow, and wakes a waiting read; under the lock.</summary>
    public void Close()
    {
        Driver.Stack.Udp.Close(flow);
        TryClose();
    }

    protected override bool CanTake => flow.HasDatagram;

    protected override bool TryTake(out PipeReadResult result)
    {
        if (flow.IsClosed)
        {
            throw Aborted();
        }

        if (flow.Error != TcpEnd.None)
        {
            var error = TcpFailure.Error(flow.Error);
            flow.Error = TcpEnd.None;
            throw new SocketException((int)error);
        }

        _reading = flow.HasDatagram;
        result = new PipeReadResult(
            _reading ? new ReadOnlySequence<byte>(flow.Peek()) : default, IsCancelled, isCompleted: false);
        var any = _reading || IsCancelled;
        IsCancelled = IsCancelled && !any;
        return any;
    }

    protected override PipeReadResult Cancelled() => new(default, isCanceled: true, isCompleted: false);

    protected override Exception Aborted() => new SocketException((int)SocketError.OperationAborted);
}
