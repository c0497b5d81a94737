using System.Globalization;
using Onetun.NetStack;

namespace Onetun.Benchmarks.Simulation;

/// <summary>A host that sends.</summary>
/// <param name="Name">In tables.</param>
/// <param name="Tcp">How it speaks TCP.</param>
internal sealed record Host(string Name, TcpOptions Tcp)
{
    private const string Unpaced = "-unpaced";

    public Host(CongestionControl control)
        : this($"{control}", new TcpOptions { CongestionControl = control })
    {
    }

    /// <summary>As Linux by default: unpaced, and its own CUBIC.</summary>
    public static Host Linux { get; } = new("Linux", new TcpOptions { Pacing = false, Congestion = _ => new LinuxCubic() });

    /// <summary>What arrives within this time is taken together, and only then answered: ACKs of GRO, a busy driver.</summary>
    public TimeSpan Gathering { get; init; }

    /// <summary>
    /// <c>linux</c> or one of our congestion controls; then at will <c>-unpaced</c>, and <c>@5</c> for 5 ms of gathering.
    /// </summary>
    public static Host Parse(string text)
    {
        if (text.Split('@') is [var rest, var gathering])
        {
            var milliseconds = double.Parse(gathering, CultureInfo.InvariantCulture);
            return Parse(rest) with { Name = text, Gathering = TimeSpan.FromMilliseconds(milliseconds) };
        }

        if (text.EndsWith(Unpaced, StringComparison.Ordinal))
        {
            var host = Parse(text[..^Unpaced.Length]);
            return host with { Name = text, Tcp = host.Tcp with { Pacing = false } };
        }

        return text == "linux" ? Linux : new Host(Enum.Parse<CongestionControl>(text, ignoreCase: true));
    }
}
