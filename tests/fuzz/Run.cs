using System.Collections.Concurrent;
using System.Diagnostics;

namespace Onetun.Fuzz;

/// <summary>What a run is made of.</summary>
/// <param name="Seed">Of the first game; the next games have the numbers that follow it.</param>
/// <param name="Threads">Games at once.</param>
/// <param name="Time">Ends it.</param>
/// <param name="Inputs">End it.</param>
/// <param name="Games">End it.</param>
internal sealed record Limits(ulong Seed, int Threads, TimeSpan Time, long Inputs, long Games);

/// <summary>A target played for its time, by one thread or more.</summary>
internal sealed class Run(Target target, Limits limits)
{
    /// <summary>Faults after which a target has had enough.</summary>
    private const int MaxFaults = 100;

    /// <summary>A step takes microseconds, 300 times 20 µs for a game of handshakes at most.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, (ulong Seed, GameFault Fault)> _kinds = [];
    private readonly Stopwatch _watch = new();
    private long _played;
    private long _given;
    private int _faults;

    private Target Target => target;

    private ulong Seed => limits.Seed;

    private bool MayGoOn => _watch.Elapsed < limits.Time && Interlocked.Read(ref _given) < limits.Inputs
        && Interlocked.Read(ref _played) < limits.Games && _faults < MaxFaults;

    public long Inputs => _given;

    public int Faults => _faults;

    /// <summary>Plays, and tells of each kind of fault once.</summary>
    public void Play(TextWriter output)
    {
        _watch.Start();
        Worker[] workers = [.. Enumerable.Range(0, limits.Threads).Select(_ => new Worker(this))];
        foreach (var worker in workers)
        {
            Watch(worker, output);
        }

        _watch.Stop();
        foreach ((var kind, (var at, var fault)) in _kinds)
        {
            Tell(kind, at, fault, output);
        }

        output.WriteLine(
            $"{target.Name,-16} {_given,12:N0} inputs in {_watch.Elapsed.TotalSeconds,6:F1} s, {_played,10:N0} games, {_faults} faults");
    }

    private void Watch(Worker worker, TextWriter output)
    {
        while (!worker.Thread.Join(TimeSpan.FromSeconds(1)))
        {
            if (worker.Since.Elapsed > Patience)
            {
                output.WriteLine($"{target.Name}: a game does not end; replay: --target {target.Name} --seed {worker.Seed}");
                output.Flush();
                Environment.Exit(1);
            }
        }
    }

    private void Tell(string kind, ulong at, GameFault fault, TextWriter output)
    {
        var steps = Playback.Shrink(target, at, fault);
        List<string> story = [];
        long ignored = 0;
        var again = Playback.Play(target, at, [.. steps], ref ignored, story);
        output.WriteLine($"FAULT in {target.Name}: {kind}");
        output.WriteLine($"replay: --target {target.Name} --seed {at} --games 1");
        output.WriteLine($"{steps.Count} of {fault.Step + 1} steps show it:");
        story.ForEach(line => output.WriteLine($"  {Printable(line)}"));
        output.WriteLine((again ?? fault).Error);
        output.WriteLine();
    }

    private static string Printable(string line) => string.Concat(line.Select(c => c < ' ' && c != '\n' ? $"\\x{(int)c:x2}" : $"{c}"));

    /// <summary>A thread that plays one game after another.</summary>
    private sealed class Worker
    {
        private readonly Run _run;

        public Worker(Run run)
        {
            _run = run;
            Thread = new Thread(Work, maxStackSize: 1 << 20) { IsBackground = true };
            Thread.Start();
        }

        public Thread Thread { get; }

        /// <summary>When the game under way began.</summary>
        public Stopwatch Since { get; } = new();

        public ulong Seed { get; private set; }

        private void Work()
        {
            int[] steps = [.. Enumerable.Range(0, _run.Target.Steps)];
            do
            {
                Since.Restart();
                Seed = _run.Seed + (ulong)Interlocked.Increment(ref _run._played) - 1;
                long given = 0;
                var fault = Playback.Play(_run.Target, Seed, steps, ref given);
                Interlocked.Add(ref _run._given, given);
                if (fault is not null)
                {
                    Interlocked.Increment(ref _run._faults);
                    _run._kinds.TryAdd(fault.Kind, (Seed, fault));
                }
            }
            while (_run.MayGoOn);
        }
    }
}
