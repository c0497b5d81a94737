namespace Onetun.Forwarder.Configuration;

/// <summary>What is wrong with a text, and where in it.</summary>
internal sealed record ParseError(string Message, int Position, int Length)
{
    /// <summary>The text with carets under the part that is wrong.</summary>
    public string Underline(string text) =>
        $"  {text}{Environment.NewLine}  {new string(' ', Position)}{new string('^', Math.Max(1, Length))}";
}
