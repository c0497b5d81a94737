using Onetun.NetStack;

namespace Onetun.Benchmarks.Simulation;

/// <summary>One connection whose sender always has something to send and whose receiver reads at once.</summary>
internal sealed class Flow(TcpConnection from, TcpConnection to)
{
    private bool _writes = true;

    public TcpConnection From => from;

    public TcpConnection To => to;

    /// <summary>Bytes read.</summary>
    public long Received => to.Receiver.Buffer.Start;

    public void Pump(TimeSpan now)
    {
        if (to.Receiver.Buffer.Readable > 0)
        {
            to.Consume(now, to.Receiver.Buffer.End, wantsMore: false);
        }

        while (_writes)
        {
            var room = from.Sender.Buffer.Reserve(65536);
            from.Sender.Buffer.Commit(room.Length);
            _writes = from.CanWrite();
            from.Flush();
        }
    }

    public void OnEvents(TcpEvents events) => _writes |= events.HasFlag(TcpEvents.Writable);
}
