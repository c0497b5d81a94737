namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// Batches, of half a megabyte and less, for local UDP ports: these may be thousands, of which few have something at the same time.
/// </summary>
internal static class DatagramBatches
{
    /// <summary>Messages of the system in a batch: one call in place of eight, and ports of which each has 3 KB for them.</summary>
    public const int Messages = 8;

    // As many as a round of the tunnel has, and room for two of the longest
    private const int MostAnswers = 64;
    private const int AnswerBytes = 128 * 1024;

    // No more are in use at one time than threads run.
    private const int MostKept = 4;

    private static readonly Lock Lock = new();
    private static readonly Stack<ReceiveBatch> Received = new(MostKept);
    private static readonly Stack<DatagramBatch> Answers = new(MostKept);

    /// <summary>One for a port with <see cref="Messages"/>.</summary>
    public static ReceiveBatch RentReceived(DatagramPort port)
    {
        lock (Lock)
        {
            return Received.TryPop(out var batch) ? batch : port.CreateBatch();
        }
    }

    public static DatagramBatch RentAnswers()
    {
        lock (Lock)
        {
            return Answers.TryPop(out var batch) ? batch : new DatagramBatch(AnswerBytes, MostAnswers);
        }
    }

    public static void Return(ReceiveBatch batch)
    {
        batch.Clear();
        Return(Received, batch);
    }

    public static void Return(DatagramBatch batch)
    {
        batch.Clear();
        Return(Answers, batch);
    }

    private static void Return<T>(Stack<T> kept, T batch)
        where T : IDisposable
    {
        lock (Lock)
        {
            if (kept.Count < MostKept)
            {
                kept.Push(batch);
                return;
            }
        }

        batch.Dispose();
    }
}
