using Onetun.Tunnel.Text;

namespace Onetun.Tunnel;

/// <summary>One thing that is wrong with a wg-quick file.</summary>
public sealed record WgQuickFault
{
    internal WgQuickFault(int line, string message) => (Line, Message) = (line, SafeText.OfFault(message));

    /// <summary>The number of the line, from 1; 0 where something is missing from the file.</summary>
    public int Line { get; }

    /// <summary>What is wrong, and what to do about it; no key is repeated.</summary>
    public string Message { get; }

    /// <summary>The message behind its line, as in <c>line 3: Invalid MTU: ...</c></summary>
    public override string ToString() => Line == 0 ? Message : $"line {Line}: {Message}";
}
