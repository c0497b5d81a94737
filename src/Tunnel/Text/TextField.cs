namespace Onetun.Tunnel.Text;

/// <summary>A part of a text between colons, and where it is.</summary>
internal readonly record struct TextField(string Text, int Position)
{
    public int Length => Text.Length;

    public bool IsBracketed => Text.StartsWith('[');

    public bool IsNumber => Text.Length > 0 && Text.All(char.IsAsciiDigit);

    /// <summary>Splits at the colons that are not inside the brackets of an IPv6 address.</summary>
    public static bool TrySplit(string text, out List<TextField> fields, out ParseError? error)
    {
        fields = [];
        error = null;
        for (var start = 0; ;)
        {
            var end = EndOfField(text, start);
            if (end < 0)
            {
                error = new ParseError("The bracket is not closed", start, text.Length - start);
                return false;
            }

            fields.Add(new TextField(text[start..end], start));
            if (end == text.Length)
            {
                return true;
            }

            start = end + 1;
        }
    }

    private static int EndOfField(string text, int start)
    {
        var from = start;
        if (start < text.Length && text[start] == '[')
        {
            from = text.IndexOf(']', start);
            if (from < 0)
            {
                return -1;
            }
        }

        var colon = text.IndexOf(':', from);
        return colon < 0 ? text.Length : colon;
    }
}
