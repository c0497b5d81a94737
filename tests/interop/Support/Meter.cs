using System.Diagnostics;

namespace Onetun.Interop;

/// <summary>Reads a stream to its end, and says how fast it comes.</summary>
internal sealed class Meter
{
    private readonly Stream _stream;
    private long _count;

    public Meter(Stream stream)
    {
        _stream = stream;
        Reading = ReadAsync();
    }

    public Task Reading { get; }

    /// <summary>Bytes so far.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Bytes per second while something is done.</summary>
    public async Task<double> MeasureAsync(Task whatIsDone)
    {
        var (begin, clock) = (Count, Stopwatch.StartNew());
        await whatIsDone;
        return (Count - begin) / clock.Elapsed.TotalSeconds;
    }

    private async Task ReadAsync()
    {
        var block = new byte[256 * 1024];
        while (await _stream.ReadAsync(block, TestContext.Current.CancellationToken) is > 0 and var count)
        {
            Interlocked.Add(ref _count, count);
        }
    }
}
