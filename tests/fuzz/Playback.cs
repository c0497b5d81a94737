namespace Onetun.Fuzz;

/// <summary>Plays games, and finds the fewest steps that show a fault.</summary>
internal static class Playback
{
    /// <summary>
    /// What one step may allocate, bytes. The most an honest one takes is a few blocks of 64 KiB for each connection; 32 MB for
    /// a packet would be an attack that works.
    /// </summary>
    private const long MaxAllocation = 32_000_000;

    /// <summary>Enough for hundreds of steps; what is left then is small, if not the least.</summary>
    private const int MaxTrials = 3000;

    /// <summary>Plays some of the steps of a game.</summary>
    /// <param name="target">What kind of game.</param>
    /// <param name="seed">Which.</param>
    /// <param name="steps">The steps that are played, ascending.</param>
    /// <param name="inputs">Grows by what the subject was given.</param>
    /// <param name="story">Is told what happens, if anybody wants to know.</param>
    public static GameFault? Play(
        Target target, ulong seed, ReadOnlySpan<int> steps, ref long inputs, List<string>? story = null)
    {
        var game = target.NewGame();
        game.Story = story;
        var dice = new Dice();
        var current = -1;
        try
        {
            dice.Take(seed, current);
            game.Begin(dice);
            foreach (var step in steps)
            {
                current = step;
                story?.Add($"step {step}");
                dice.Take(seed, step);
                var allocated = GC.GetAllocatedBytesForCurrentThread();
                game.Step(dice);
                allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
                if (allocated > MaxAllocation)
                {
                    throw new Breach("no step costs much memory", $"{allocated} bytes");
                }
            }

            current = target.Steps;
            story?.Add("end");
            game.End();
            return null;
        }
        catch (Exception error)
        {
            return new GameFault(current, error);
        }
        finally
        {
            inputs += game.Inputs;
            (game as IDisposable)?.Dispose();
        }
    }

    /// <summary>Leaves out ever smaller runs of steps, as long as the same fault comes of the rest.</summary>
    public static List<int> Shrink(Target target, ulong seed, GameFault fault)
    {
        List<int> steps = [.. Enumerable.Range(0, Math.Min(fault.Step + 1, target.Steps))];
        var trials = 0;
        for (var run = Math.Max(1, steps.Count / 2); run >= 1 && trials < MaxTrials; run /= 2)
        {
            for (var at = steps.Count - run; at >= 0 && trials++ < MaxTrials; at -= run)
            {
                int[] fewer = [.. steps[..at], .. steps[(at + run)..]];
                long ignored = 0;
                if (Play(target, seed, fewer, ref ignored)?.Kind == fault.Kind)
                {
                    steps = [.. fewer];
                    at = Math.Min(at, steps.Count);
                }
            }
        }

        return steps;
    }
}
