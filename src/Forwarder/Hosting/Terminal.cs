namespace Onetun.Forwarder.Hosting;

/// <summary>
/// The terminal that a process was started from. When it closes, the system sends SIGHUP, as <c>kill -HUP</c> does.
/// </summary>
internal sealed class Terminal
{
    private readonly bool _wasThere;

    private Terminal(bool wasThere) => _wasThere = wasThere;

    /// <summary>The one that is there now, if any.</summary>
    public static Terminal Find()
    {
        // Nohup and its like redirect all three: who does that wants to outlive the terminal
        var isDetached = Console.IsInputRedirected && Console.IsOutputRedirected && Console.IsErrorRedirected;
        return new Terminal(!isDetached && IsThere());
    }

    /// <summary>Whether there was one, which has closed since.</summary>
    public bool HasClosed => _wasThere && !IsThere();

    // tty(4): the controlling terminal of whoever opens it, ENXIO without one
    private static bool IsThere()
    {
        try
        {
            using var handle = File.OpenHandle("/dev/tty", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
