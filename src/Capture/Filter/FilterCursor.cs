namespace Onetun.Capture;

/// <summary>
/// Where the parser is in the tokens of a text. The first fault ends the text: nothing but its end is read from then on, so that
/// the parser finds its way out, and what it makes of the rest is of no use.
/// </summary>
/// <param name="text">The text.</param>
/// <param name="tokens">Its tokens.</param>
/// <param name="unknown">What ends them too early: whatever is missed at their end is not what is wrong.</param>
internal sealed class FilterCursor(string text, List<FilterToken> tokens, PacketFilterFault? unknown)
{
    private int _index;

    public PacketFilterFault? Fault { get; private set; }

    public FilterToken Current => tokens[_index];

    /// <summary>The token so many behind the current one, or the end.</summary>
    public FilterToken Ahead(int count) => tokens[Math.Min(_index + count, tokens.Count - 1)];

    public FilterToken Take()
    {
        var token = Current;
        _index = Math.Min(_index + 1, tokens.Count - 1);
        return token;
    }

    public bool TryTake(FilterTokenKind kind)
    {
        var isNext = Current.Kind == kind;
        if (isNext)
        {
            Take();
        }

        return isNext;
    }

    public bool TryTake(string keyword)
    {
        var isNext = Current.Is(keyword);
        if (isNext)
        {
            Take();
        }

        return isNext;
    }

    public void Fail(FilterToken at, string message) => Fail(at, at, message);

    public void Fail(FilterToken first, FilterToken last, string message)
    {
        var length = last.Position + last.Text.Length - first.Position;
        Fault ??= Current.Kind == FilterTokenKind.End && unknown is not null
            ? unknown
            : new PacketFilterFault(text, message, first.Position, length);
        _index = tokens.Count - 1;
    }
}
