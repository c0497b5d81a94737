namespace Onetun.Interop;

/// <summary>The file of 100 MB on its way. The buffers between hold less, so that its sender waits until it is read.</summary>
internal sealed class Download : IDisposable
{
    private readonly Stream _stream;

    private Download(Stream stream) => _stream = stream;

    /// <summary>One whose answer has begun, or null.</summary>
    public static async Task<Download?> TryBeginAsync(Forward forward)
    {
        try
        {
            var cancellation = TestContext.Current.CancellationToken;
            return new Download(await Traffic.Http.GetStreamAsync(forward.Uri(HugeFile.Name), cancellation));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Reads it to its end: whether all came, byte for byte.</summary>
    public async Task<bool> IsWholeAsync()
    {
        try
        {
            return await _stream.ReceiveAsync() == (HugeFile.Length, HugeFile.Digest);
        }
        catch (IOException)
        {
            return false;
        }
    }

    public void Dispose() => _stream.Dispose();
}
