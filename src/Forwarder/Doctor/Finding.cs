using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Doctor;

/// <summary>What a step came to.</summary>
internal enum Verdict
{
    Ok,

    /// <summary>Nothing is wrong, but there is something to know.</summary>
    Note,

    /// <summary>An earlier problem leaves nothing to look at.</summary>
    Skipped,

    Problem,
}

/// <summary>The outcome of a step, and of a problem what to do.</summary>
internal sealed record Finding(Verdict Verdict, string Text, string? Advice = null)
{
    private const int Indent = 9;

    private const int Width = 100;

    public static Finding Ok(string text) => new(Verdict.Ok, text);

    public static Finding Note(string text) => new(Verdict.Note, text);

    public static Finding Skipped(string text) => new(Verdict.Skipped, text);

    public static Finding Problem(string text, string advice) => new(Verdict.Problem, text, advice);

    /// <summary>One line, and below it the advice.</summary>
    public void WriteTo(TextWriter output)
    {
        var word = Verdict switch
        {
            Verdict.Ok => "ok",
            Verdict.Note => "note",
            Verdict.Skipped => "skipped",
            _ => "problem",
        };
        output.WriteLine($"{word,-Indent}{Text}");
        var mark = "->";
        foreach (var line in Advice is null ? [] : WrappedText.Of(Advice, Width - Indent - mark.Length - 1))
        {
            output.WriteLine($"{new string(' ', Indent)}{mark} {line}");
            mark = "  ";
        }
    }
}
