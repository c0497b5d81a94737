namespace Onetun.Capture;

/// <summary>The kinds of token.</summary>
internal enum FilterTokenKind
{
    /// <summary>A keyword, a number, an address or a name.</summary>
    Word,
    And,
    Or,
    Not,
    Open,
    Close,
    Slash,
    End,
}

/// <summary>A piece of a filter's text.</summary>
internal readonly record struct FilterToken(FilterTokenKind Kind, string Text, int Position)
{
    private static readonly HashSet<string> Qualifiers = ["host", "net", "port", "portrange", "proto", "src", "dst", "mask"];

    /// <summary>Whether it is a word of the language, so that it is no value.</summary>
    public bool IsKeyword => Kind == FilterTokenKind.Word && (Qualifiers.Contains(Text) || FilterProtocol.Find(Text) is not null);

    public bool IsValue => Kind == FilterTokenKind.Word && !IsKeyword;

    public bool Is(string keyword) => Kind == FilterTokenKind.Word && Text == keyword;
}
