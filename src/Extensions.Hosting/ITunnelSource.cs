namespace Onetun.Extensions.Hosting;

/// <summary>Where the options of a tunnel come from.</summary>
internal interface ITunnelSource
{
    /// <summary>What it is to people.</summary>
    string Name { get; }

    /// <summary>The options as they are now, which are the caller's to dispose.</summary>
    /// <exception cref="Exception">They are wrong, or cannot be read: its message is for people, and repeats no secret.</exception>
    Reading Read();

    /// <summary>Calls back whenever they may have changed, until what it returns is disposed; null if they never do.</summary>
    IDisposable? Watch(Action changed);
}
