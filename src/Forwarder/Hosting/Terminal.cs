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
        // Nohup and its like redirect all three: whoever does that wants to outlive the terminal.
        var isDetached = Console.IsInputRedirected && Console.IsOutputRedirected && Console.IsErrorRedirected;
        return new Terminal(!isDetached && IsThere());
    }

    /// <summary>Whether there was one, which has closed since.</summary>
    public bool HasClosed => _wasThere && !IsThere();

    // This is the controlling terminal of whoever opens it; without one there is ENXIO (tty(4)).
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
