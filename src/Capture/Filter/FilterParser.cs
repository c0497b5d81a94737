using System.Diagnostics.CodeAnalysis;

namespace Onetun.Capture;

/// <summary>
/// The grammar of libpcap, by recursive descent: only parentheses recurse. Which words a value takes over is decided there by what
/// its parser has on its stack, and here by one field: a value leaves it, a protocol alone clears it, and at the end of parentheses
/// it is again what it was before them.
/// </summary>
internal sealed class FilterParser
{
    private readonly FilterCursor _cursor;
    private readonly FilterBuilder _builder = new();
    private readonly FilterPrimitives _primitives;
    private readonly FilterOperands _operands;
    private FilterQualifier _last;

    private FilterParser(FilterCursor cursor)
    {
        _cursor = cursor;
        _primitives = new FilterPrimitives(_builder);
        _operands = new FilterOperands(cursor, _primitives);
    }

    /// <summary>Gives the steps of a filter, or the first fault of its text.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out FilterStep[]? steps, [NotNullWhen(false)] out PacketFilterFault? fault)
    {
        steps = null;
        fault = TooLong(text);
        if (fault is not null)
        {
            return false;
        }

        var tokens = FilterScanner.Scan(text, out var unknown);
        var cursor = new FilterCursor(text, tokens, unknown);
        var all = new FilterParser(cursor).ReadAll();
        fault = cursor.Fault ?? unknown;
        steps = fault is null ? all : null;
        return fault is null;
    }

    private static PacketFilterFault? TooLong(string text) => text.Length <= PacketFilter.MaxLength ? null : new PacketFilterFault(
        text,
        $"A filter has at most {PacketFilter.MaxLength} characters, and this one {text.Length}: write networks and ranges of ports",
        PacketFilter.MaxLength,
        text.Length - PacketFilter.MaxLength);

    private FilterStep[] ReadAll()
    {
        if (_cursor.Current.Kind == FilterTokenKind.End)
        {
            _cursor.Fail(_cursor.Current, "A filter is not empty: write a condition, such as tcp port 443");
        }

        var whole = ReadExpression(depth: 0);
        if (_cursor.Current is { Kind: not FilterTokenKind.End } rest)
        {
            _cursor.Fail(rest, rest.Kind == FilterTokenKind.Close
                ? "This parenthesis closes none: leave it out"
                : $"'{rest.Text}' follows what is complete: write 'and' or 'or' between them");
        }

        return _builder.Finish(whole);
    }

    // Both operators bind equally, from the left
    private FilterCondition ReadExpression(int depth)
    {
        var condition = ReadTerm(depth);
        while (_cursor.Current.Kind is FilterTokenKind.And or FilterTokenKind.Or)
        {
            var isAnd = _cursor.Take().Kind == FilterTokenKind.And;
            var next = HasValueNext() ? ReadValues(depth) : ReadTerm(depth);
            condition = isAnd ? _builder.And(condition, next) : _builder.Or(condition, next);
        }

        return condition;
    }

    private FilterCondition ReadTerm(int depth)
    {
        var isNegated = ReadNots();
        var condition = _cursor.Current.Kind == FilterTokenKind.Open ? ReadParentheses(depth) : ReadPrimitive(depth);
        return isNegated ? condition.Not() : condition;
    }

    private FilterCondition ReadParentheses(int depth)
    {
        var before = _last;
        if (!TryOpen(depth, out var open))
        {
            return Nothing();
        }

        var condition = ReadExpression(depth + 1);
        Close(open);
        _last = before;
        return condition;
    }

    /// <summary>A condition with its words, or a protocol alone.</summary>
    private FilterCondition ReadPrimitive(int depth)
    {
        var first = _cursor.Current;
        var protocol = FilterProtocol.Find(first.Text);
        if (protocol is not null)
        {
            _cursor.Take();
        }

        var lastWord = _cursor.Current;
        var direction = ReadDirection();
        var kindWord = _cursor.Current;
        var kind = ReadKind(hasDirection: direction is not null);
        if (direction is null && kind == FilterKind.Unknown)
        {
            _last = default;
            return protocol is null ? Fail(first, FilterAdvice.Alone(first)) : _primitives.Is(protocol);
        }

        kind = kind == FilterKind.Unknown ? FilterKind.Unsaid : kind;
        _last = new FilterQualifier(protocol, direction ?? FilterDirection.Either, kind);
        if (FilterAdvice.Combination(_last) is { } advice)
        {
            return Fail(first, kind == FilterKind.Unsaid ? lastWord : kindWord, advice);
        }

        return ReadValues(depth);
    }

    /// <summary>A value, or values in parentheses, which take the words of the last one.</summary>
    private FilterCondition ReadValues(int depth)
    {
        var isNegated = ReadNots();
        var condition = _cursor.Current.Kind == FilterTokenKind.Open ? ReadGroup(depth) : _operands.Read(_last) ?? Nothing();
        return isNegated ? condition.Not() : condition;
    }

    private FilterCondition ReadGroup(int depth)
    {
        if (!TryOpen(depth, out var open))
        {
            return Nothing();
        }

        var condition = ReadValues(depth + 1);
        while (_cursor.Current.Kind is FilterTokenKind.And or FilterTokenKind.Or)
        {
            var isAnd = _cursor.Take().Kind == FilterTokenKind.And;
            var next = ReadValues(depth + 1);
            condition = isAnd ? _builder.And(condition, next) : _builder.Or(condition, next);
        }

        Close(open);
        return condition;
    }

    private bool TryOpen(int depth, out FilterToken open)
    {
        open = _cursor.Take();
        if (depth < PacketFilter.MaxDepth)
        {
            return true;
        }

        _cursor.Fail(open, $"More than {PacketFilter.MaxDepth} parentheses are open here: leave some out");
        return false;
    }

    private void Close(FilterToken open)
    {
        if (!_cursor.TryTake(FilterTokenKind.Close))
        {
            var next = _cursor.Current;
            _cursor.Fail(
                next.Kind == FilterTokenKind.End ? open : next,
                next.Kind == FilterTokenKind.End
                    ? "This parenthesis is not closed: write ')'"
                    : $"'{next.Text}' follows what is complete: write 'and', 'or' or ')' between them");
        }
    }

    /// <summary>Whether an odd number of negations is next.</summary>
    private bool ReadNots()
    {
        var isNegated = false;
        while (_cursor.TryTake(FilterTokenKind.Not))
        {
            isNegated = !isNegated;
        }

        return isNegated;
    }

    private bool HasValueNext()
    {
        var ahead = 0;
        while (_cursor.Ahead(ahead).Kind is FilterTokenKind.Not or FilterTokenKind.Open)
        {
            ahead++;
        }

        return _cursor.Ahead(ahead).IsValue;
    }

    private FilterDirection? ReadDirection()
    {
        var isSource = _cursor.Current.Is("src");
        if (!isSource && !_cursor.Current.Is("dst"))
        {
            return null;
        }

        _cursor.Take();
        var (link, other) = (_cursor.Current.Kind, _cursor.Ahead(1));
        if (link is FilterTokenKind.And or FilterTokenKind.Or && other.Is(isSource ? "dst" : "src"))
        {
            _cursor.Take();
            _cursor.Take();
            return link == FilterTokenKind.And ? FilterDirection.Both : FilterDirection.Either;
        }

        return isSource ? FilterDirection.Source : FilterDirection.Destination;
    }

    private FilterKind ReadKind(bool hasDirection)
    {
        var kind = _cursor.Current.Text switch
        {
            "host" => FilterKind.Host,
            "net" => FilterKind.Net,
            "port" => FilterKind.Port,
            "portrange" => FilterKind.PortRange,
            "proto" when !hasDirection => FilterKind.Protocol,
            _ => FilterKind.Unknown,
        };
        if (kind != FilterKind.Unknown)
        {
            _cursor.Take();
        }

        return kind;
    }

    private FilterCondition Fail(FilterToken at, string message) => Fail(at, at, message);

    private FilterCondition Fail(FilterToken first, FilterToken last, string message)
    {
        _cursor.Fail(first, last, message);
        return Nothing();
    }

    /// <summary>Takes the place of what has a fault, and is never run.</summary>
    private FilterCondition Nothing() => _builder.Add(default);
}
