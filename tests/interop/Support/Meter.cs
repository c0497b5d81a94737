namespace Onetun.Interop;

/// <summary>Reads a stream to its end, and says how much has come.</summary>
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

    private async Task ReadAsync()
    {
        var block = new byte[256 * 1024];
        while (await _stream.ReadAsync(block, TestContext.Current.CancellationToken) is > 0 and var count)
        {
            Interlocked.Add(ref _count, count);
        }
    }
}
