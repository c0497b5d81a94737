using System.Buffers;

namespace Onetun.Capture;

/// <summary>Cuts the text of a filter into tokens.</summary>
internal static class FilterScanner
{
    private const string Blanks = " \t\r\n";

    private static readonly SearchValues<char> OfWords =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:-_\\");

    /// <summary>Gives the tokens, the last of which is the end, or says what is none.</summary>
    public static List<FilterToken> Scan(string text, out PacketFilterFault? fault)
    {
        fault = null;
        List<FilterToken> tokens = [];
        for (var position = 0; position < text.Length;)
        {
            if (Blanks.Contains(text[position]))
            {
                position++;
                continue;
            }

            var token = Next(text, position);
            if (token.Kind == FilterTokenKind.End)
            {
                fault = new PacketFilterFault(text, Explain(text[position]), position, 1);
                break;
            }

            tokens.Add(token);
            position += token.Text.Length;
        }

        tokens.Add(new FilterToken(FilterTokenKind.End, "", text.Length));
        return tokens;
    }

    /// <summary>The token at a position, or the end if there is none.</summary>
    private static FilterToken Next(string text, int position)
    {
        var rest = text.AsSpan(position);
        var length = rest.IndexOfAnyExcept(OfWords);
        var word = rest[..(length < 0 ? rest.Length : length)].ToString();
        return word switch
        {
            "" => Symbol(rest, position),
            "and" => new FilterToken(FilterTokenKind.And, word, position),
            "or" => new FilterToken(FilterTokenKind.Or, word, position),
            "not" => new FilterToken(FilterTokenKind.Not, word, position),
            _ => new FilterToken(FilterTokenKind.Word, word, position),
        };
    }

    private static FilterToken Symbol(ReadOnlySpan<char> rest, int position) => rest switch
    {
        ['&', '&', ..] => new FilterToken(FilterTokenKind.And, "&&", position),
        ['|', '|', ..] => new FilterToken(FilterTokenKind.Or, "||", position),
        ['!', ..] => new FilterToken(FilterTokenKind.Not, "!", position),
        ['(', ..] => new FilterToken(FilterTokenKind.Open, "(", position),
        [')', ..] => new FilterToken(FilterTokenKind.Close, ")", position),
        ['/', ..] => new FilterToken(FilterTokenKind.Slash, "/", position),
        _ => new FilterToken(FilterTokenKind.End, "", position),
    };

    private static string Explain(char character) => character switch
    {
        '&' => "A single & has no meaning here: write 'and'",
        '|' => "A single | has no meaning here: write 'or'",
        '[' or ']' or '=' or '<' or '>' or '+' or '*' or '%' or '^' =>
            $"'{character}' has no meaning here: bytes and lengths of packets cannot be compared",
        _ when char.IsControl(character) || char.IsSurrogate(character) =>
            $"Character U+{(int)character:X4} has no meaning here: leave it out",
        _ => $"'{character}' has no meaning here: leave it out",
    };
}
