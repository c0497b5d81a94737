using System.Diagnostics;

namespace Onetun.Soak;

/// <summary>The faults that are made and were made, and what each may break.</summary>
internal sealed class Disturbances(Tally tally)
{
    /// <summary>
    /// Onetun gives up after a minute, and sends its last SYN at 31 s (RFC 6298 (5.5)): an outage may have taken that one.
    /// </summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(45);

    private readonly Lock _lock = new();
    private readonly List<Disturbance> _all = [];

    public static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>Something that no standing connection may notice, and no new one that has time.</summary>
    public IDisposable BeginOutage(string name) => Begin(name, attempt => !attempt.Stood && attempt.Age > ConnectLimit);

    /// <summary>Something so long that what does not stand yet must fail.</summary>
    public IDisposable BeginLongOutage(string name) => Begin(name, attempt => !attempt.Stood);

    /// <summary>What ends every connection of the forward that comes and goes.</summary>
    public IDisposable BeginRemoval(string name) => Begin(name, attempt => attempt.Route.ComesAndGoes);

    /// <summary>What, if anything, explains that this broke.</summary>
    public string? Explanation(Attempt attempt)
    {
        lock (_lock)
        {
            return _all.FindLast(one => one.Ended >= attempt.Began && one.Explains(attempt))?.Name;
        }
    }

    /// <summary>Nothing was disturbed all the time.</summary>
    public bool WasQuiet(TimeSpan since)
    {
        lock (_lock)
        {
            return _all.TrueForAll(one => one.Ended < since);
        }
    }

    private Disturbance Begin(string name, Func<Attempt, bool> explains)
    {
        tally.Disturbed(name);
        tally.Note($"fault: {name}");
        var one = new Disturbance(name, explains, tally);
        lock (_lock)
        {
            _all.Add(one);
        }

        return one;
    }

    private sealed class Disturbance(string name, Func<Attempt, bool> explains, Tally tally) : IDisposable
    {
        public string Name => name;

        public TimeSpan Ended { get; private set; } = TimeSpan.MaxValue;

        public bool Explains(Attempt attempt) => explains(attempt);

        public void Dispose()
        {
            Ended = Now;
            tally.Note($"over: {name}");
        }
    }
}
