namespace Onetun.Conformance.Tests;

/// <summary>Both ends of a TCP connection as streams; what cannot be done by a stream is done by functions.</summary>
internal sealed class StreamPair(Stream ours, Stream theirs) : IAsyncDisposable
{
    /// <summary>The end that is judged.</summary>
    public Stream Ours => ours;

    public Stream Theirs => theirs;

    /// <summary>Has the other end send RST.</summary>
    public required Action AbortTheirs { get; init; }

    /// <summary>Has the other end send FIN, and read on.</summary>
    public required Func<ValueTask> EndTheirOutput { get; init; }

    /// <summary>Has ours send FIN, and read on.</summary>
    public required Func<ValueTask> EndOurOutput { get; init; }

    /// <summary>Ends when the other end has sent something, or FIN, and it is here.</summary>
    public required Func<Task> Arrival { get; init; }

    /// <summary>What they run in.</summary>
    public required Func<ValueTask> Dispose { get; init; }

    public async ValueTask DisposeAsync()
    {
        await ours.DisposeAsync();
        await theirs.DisposeAsync();
        await Dispose();
    }
}
