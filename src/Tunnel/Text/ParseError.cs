namespace Onetun.Tunnel.Text;

/// <summary>What is wrong with a text, and where in it.</summary>
internal sealed record ParseError(string Message, int Position, int Length)
{
    /// <summary>The message, and the text with carets under the part that is wrong, if it may be shown.</summary>
    public string Explain(string text) => SafeText.Of(text) != text ? Message
        : $"{Message}{Environment.NewLine}  {text}{Environment.NewLine}"
            + $"  {new string(' ', Position)}{new string('^', Math.Max(1, Length))}";
}
