namespace Onetun.Forwarder.Common;

/// <summary>Text in lines of a given width, broken at blanks.</summary>
internal static class WrappedText
{
    /// <summary>Its lines, none longer than the width unless a word is.</summary>
    public static IEnumerable<string> Of(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line += line.Length == 0 ? word : $" {word}";
        }

        yield return line;
    }
}
