using Onetun.NetStack;

namespace Onetun.Benchmarks.Simulation;

/// <summary>One connection whose sender has something to send until it has sent so much, and whose receiver reads at once.</summary>
internal sealed class Flow(TcpConnection from, TcpConnection to, long size) : IConnectionOwner
{
    private bool _writes = true;
    private long _unwritten = size;

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

        while (_writes && _unwritten > 0)
        {
            var length = (int)Math.Min(from.Sender.Buffer.Reserve(65536).Length, _unwritten);
            from.Sender.Buffer.Commit(length);
            _unwritten -= length;
            _writes = from.CanWrite();
            from.Flush();
        }
    }

    public void OnEvents(TcpEvents events) => _writes |= events.HasFlag(TcpEvents.Writable);

    public void Close(TimeSpan now) => from.Orphan(now);
}
