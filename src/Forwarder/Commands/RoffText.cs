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

    /// <summary>A line, which is filled up from the next one.</summary>
    public void Line(string text) => _text.Append($"{Escape(text.Trim())}\n");

    /// <summary>A tag, of a name and what stands for its value, and beside or below it a paragraph.</summary>
    public void Item(string name, string valueName, string text)
    {
        Macro("TP");
        _text.Append($"\\fB{Escape(name)}\\fR{(valueName.Length == 0 ? "" : $" \\fI{Escape(valueName)}\\fR")}\n");
        Line(text);
    }

    public override string ToString() => _text.ToString();

    // Bare, these marks are typographic ones (groff_char(7)), and a dot in front makes a request of the line.
    private static string Escape(string text) => (text.StartsWith('.') ? @"\&" : "") + text
        .Replace(@"\", @"\e", StringComparison.Ordinal)
        .Replace("-", @"\-", StringComparison.Ordinal)
        .Replace("'", @"\(aq", StringComparison.Ordinal);
}
