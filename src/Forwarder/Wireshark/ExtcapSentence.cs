namespace Onetun.Forwarder.Wireshark;

/// <summary>A line of what Wireshark reads (extcap(4)): a word, and values in braces that have names.</summary>
internal static class ExtcapSentence
{
    /// <summary>One line, whatever the values are.</summary>
    public static string Of(string word, params ReadOnlySpan<(string Name, string Value)> values)
    {
        var sentence = $"{word} ";
        foreach (var (name, value) in values)
        {
            sentence += $"{{{name}={Plain(value)}}}";
        }

        return sentence;
    }

    // A brace in a value cannot be told from its end, and what is not UTF-8 is not read, which the output of Windows may not be
    private static string Plain(string value) => string.Concat(value.Select(character => character switch
    {
        '{' => '(',
        '}' => ')',
        _ when char.IsControl(character) || (OperatingSystem.IsWindows() && !char.IsAscii(character)) => '?',
        _ => character,
    }));
}
