using System.Collections.Concurrent;

namespace Onetun.NetStack.Tests;

/// <summary>
/// What is written is read, once and in order: under loss, reordering, duplication and corruption, with readers that pause
/// and windows that close, sequence numbers and timestamps that wrap, clocks that leap and directions that end by themselves.
/// </summary>
public sealed class StreamModelTests
{
    private const int Games = 10_000;

    [Fact]
    public void Streams_are_what_was_written_in_ten_thousand_games()
    {
        ConcurrentQueue<string> failures = [];
        Parallel.For(0, Games, (seed, loop) =>
        {
            try
            {
                new StreamModel(seed).Run();
            }
            catch (Exception e)
            {
                failures.Enqueue($"seed {seed}: {e.Message}");
                loop.Stop();
            }
        });
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
    }
}
