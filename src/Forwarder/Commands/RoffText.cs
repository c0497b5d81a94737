using System.Text;

namespace Onetun.Forwarder.Commands;

/// <summary>The few macros of man(7) that a manual page takes.</summary>
internal sealed class RoffText
{
    private readonly StringBuilder _text = new();

    /// <summary>A macro or request, with its arguments as they are.</summary>
    public void Macro(string macro) => _text.Append($".{macro}\n");

    public void Section(string title, string text)
    {
        Macro($"SH {title}");
        Line(text);
    }

    /// <summary>A line, which the formatter fills from the next one.</summary>
    public void Line(string text) => _text.Append($"{Escape(text.Trim())}\n");

    /// <summary>A tag, made of a name and what stands for its value, with a paragraph beside or below it.</summary>
    public void Item(string name, string valueName, string text)
    {
        Macro("TP");
        _text.Append($"\\fB{Escape(name)}\\fR{(valueName.Length == 0 ? "" : $" \\fI{Escape(valueName)}\\fR")}\n");
        Line(text);
    }

    public override string ToString() => _text.ToString();

    // Unescaped, these characters are typeset as others (groff_char(7)), and a leading dot makes the line a request.
    private static string Escape(string text) => (text.StartsWith('.') ? @"\&" : "") + text
        .Replace(@"\", @"\e", StringComparison.Ordinal)
        .Replace("-", @"\-", StringComparison.Ordinal)
        .Replace("'", @"\(aq", StringComparison.Ordinal);
}
