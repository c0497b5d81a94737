namespace Onetun.NetStack.Tests;

/// <summary>
/// An application that writes a known stream as fast as the connection takes it, and one that reads it and compares
/// every byte.
/// </summary>
internal sealed class Transfer(TcpConnection from, TcpConnection to, long bytes)
{
    private readonly long _start = from.Sender.Buffer.End;

    public long Received { get; private set; }

    public bool IsDone => Received == bytes;

    public bool HasWrittenAll => from.Sender.Buffer.End - _start == bytes;

    /// <summary>Whether the reader reads.</summary>
    public bool IsReading { get; set; } = true;

    /// <summary>Whether the writer writes.</summary>
    public bool IsWriting { get; set; } = true;

    public TcpConnection From => from;

    public TcpConnection To => to;

    public void Pump(TimeSpan now)
    {
        if (IsWriting)
        {
            Write();
        }

        if (IsReading)
        {
            Read(now);
        }
    }

    private void Write()
    {
        var buffer = from.Sender.Buffer;
        var wrote = false;
        while (buffer.Length < from.Sender.BufferTarget && from.State != TcpState.Closed && buffer.End - _start < bytes)
        {
            var room = buffer.Reserve(4096).Span;
            var count = (int)Math.Min(room.Length, bytes - (buffer.End - _start));
            for (var i = 0; i < count; i++)
            {
                room[i] = ScriptPeer.Pattern(buffer.End - _start + i);
            }

            buffer.Commit(count);
            wrote = true;
        }

        if (wrote)
        {
            from.Flush();
        }
    }

    private void Read(TimeSpan now)
    {
        var buffer = to.Receiver.Buffer;
        if (buffer.Readable == 0)
        {
            return;
        }

        foreach (var memory in buffer.Read())
        {
            foreach (var b in memory.Span)
            {
                if (b != ScriptPeer.Pattern(Received++))
                {
                    Assert.Fail($"byte {Received - 1} is wrong");
                }
            }
        }

        to.Consume(now, buffer.End, wantsMore: false);
    }
}
