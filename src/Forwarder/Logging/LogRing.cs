using Microsoft.Extensions.Logging;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Logging;

/// <summary>Keeps the newest lines for whoever looks, beside where they are written.</summary>
internal sealed class LogRing(TimeProvider time) : ILoggerProvider
{
    /// <summary>The most lines that are kept.</summary>
    public const int Capacity = 200;

    /// <summary>The most characters of a line that are kept: all lines together take no more than 400 KB.</summary>
    public const int LongestText = 1000;

    private readonly Queue<LogLine> _lines = new(Capacity);

    /// <summary>Those that are kept, the newest last.</summary>
    public IReadOnlyList<LogLine> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Keeps what loggers are given from now on.</summary>
    public static LogRing Beside(ILoggerFactory loggers)
    {
        var ring = new LogRing(TimeProvider.System);
        loggers.AddProvider(ring);
        return ring;
    }

    public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName, time, Add);

    public void Dispose()
    {
        // It holds nothing but texts.
    }

    // Values and exceptions may be of any size, and nothing is safe in them.
    private void Add(LogLine line)
    {
        var kept = line with { Message = SafeText.Short(line.Message, LongestText), State = null, Exception = null };
        lock (_lines)
        {
            if (_lines.Count == Capacity)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(kept);
        }
    }
}
