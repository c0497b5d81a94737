using System.Globalization;

namespace Onetun.Soak;

/// <summary>What was counted, and what went wrong. All of it may be called from any thread.</summary>
internal sealed class Tally(string journal)
{
    /// <summary>A fault that repeats must not fill the disk.</summary>
    private const int MaxLines = 100_000;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _faults = [];
    private long _compared;
    private long _wrong;
    private long _connections;
    private long _broken;
    private long _explained;
    private long _refused;
    private long _datagrams;
    private long _answered;
    private int _lines;

    /// <summary>Failures of the run; it passed if there is none.</summary>
    public int Failures { get; private set; }

    public void Compared(int bytes) => Interlocked.Add(ref _compared, bytes);

    public void Connected() => Interlocked.Increment(ref _connections);

    public void Refused() => Interlocked.Increment(ref _refused);

    public void Sent() => Interlocked.Increment(ref _datagrams);

    public void Answered() => Interlocked.Increment(ref _answered);

    public void Wrong(string what)
    {
        Interlocked.Increment(ref _wrong);
        Fail($"WRONG BYTES: {what}");
    }

    public void Broken(string what)
    {
        Interlocked.Increment(ref _broken);
        Fail($"BROKEN: {what}");
    }

    public void Explained(string what, string by)
    {
        Interlocked.Increment(ref _explained);
        Note($"broken by the fault \"{by}\": {what}");
    }

    /// <summary>A fault that we made.</summary>
    public void Disturbed(string name)
    {
        lock (_lock)
        {
            _faults[name] = _faults.GetValueOrDefault(name) + 1;
        }
    }

    public void Fail(string what)
    {
        lock (_lock)
        {
            Failures++;
        }

        Note($"FAILED {what}");
    }

    public void Note(string what)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff} {what}");
        lock (_lock)
        {
            if (_lines++ < MaxLines)
            {
                File.AppendAllText(journal, $"{line}\n");
                Console.Error.WriteLine(line);
            }
        }
    }

    public override string ToString()
    {
        lock (_lock)
        {
            var faults = _faults.Count == 0 ? "none" : string.Join(", ", _faults.Select(fault => $"{fault.Value} {fault.Key}"));
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{_compared / 1e9:0.00} GB compared, {_wrong} wrong, {_connections:#,0} connections ({_broken} broken, {_explained} more "
                + $"by a fault that must), {_refused:#,0} refused as they must be, {_answered:#,0} of {_datagrams:#,0} datagrams answered, "
                + $"faults: {faults}");
        }
    }
}
