using System.Buffers;
using Onetun.NetStack;

namespace Onetun.Fuzz.NetStack;

/// <summary>What applications do to a connection, as the sockets do it for them.</summary>
internal static class Application
{
    public static void Act(Dice dice, TimeSpan now, TcpConnection? connection)
    {
        if (connection is null)
        {
            return;
        }

        switch (dice.Next(24))
        {
            case 0 or 1 or 2:
                connection.CloseOutput();
                break;
            case 3 when dice.OneIn(4):
                connection.Abort();
                break;
            case 4 when dice.OneIn(2):
                connection.Orphan(now);
                break;
            case 5 when dice.OneIn(2):
                connection.IgnoreInput(now);
                break;
            case < 14:
                Write(dice, connection);
                break;
            default:
                Read(dice, now, connection);
                break;
        }
    }

    private static void Write(Dice dice, TcpConnection connection)
    {
        if (connection.State is TcpState.SynSent or TcpState.Established or TcpState.CloseWait
            && !connection.Sender.IsFinished && connection.CanWrite())
        {
            var count = dice.Length(5000);
            var buffer = connection.Sender.Buffer;
            Pattern.Ours.Fill(connection.Sender.Sequence.Wrap(buffer.End + 1), buffer.Reserve(count).Span[..count]);
            buffer.Commit(count);
            connection.Flush();
        }
    }

    private static void Read(Dice dice, TimeSpan now, TcpConnection connection)
    {
        var buffer = connection.Receiver.Buffer;
        var count = dice.OneIn(2) ? buffer.Readable : dice.Next((int)buffer.Readable + 1);
        var sequence = connection.Receiver.Sequence.Wrap(buffer.Start + 1);
        foreach (var memory in buffer.Read().Slice(0, count))
        {
            if (!Pattern.Theirs.Is(sequence, memory.Span))
            {
                throw new Breach("the bytes read are those that were sent", $"at {sequence}");
            }

            sequence += (uint)memory.Length;
        }

        connection.Consume(now, buffer.Start + count, wantsMore: dice.OneIn(8));
    }
}
