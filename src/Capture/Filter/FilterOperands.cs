namespace Onetun.Capture;

/// <summary>Reads the values of conditions.</summary>
internal sealed class FilterOperands(FilterCursor cursor, FilterPrimitives primitives)
{
    private readonly FilterAddresses _addresses = new(cursor, primitives);

    /// <summary>Reads a value, and what belongs to it, by the words before it; gives nothing if it has a fault.</summary>
    public FilterCondition? Read(FilterQualifier words)
    {
        var token = cursor.Take();
        if (words.Kind == FilterKind.Unknown)
        {
            cursor.Fail(token, FilterAdvice.Alone(token));
            return null;
        }

        if (!token.IsValue)
        {
            cursor.Fail(token, Missing(words.Kind, token));
            return null;
        }

        return words.Kind switch
        {
            FilterKind.Port => ReadPort(words, token),
            FilterKind.PortRange => ReadRange(words, token),
            FilterKind.Protocol => ReadProtocol(words, token),
            _ => _addresses.Read(words, token),
        };
    }

    private static string Missing(FilterKind kind, FilterToken token)
    {
        var missing = kind switch
        {
            FilterKind.Port => "the number of a port is missing, such as 443",
            FilterKind.PortRange => "two ports are missing, such as 8000-8080",
            FilterKind.Protocol => "the number of a protocol is missing, such as 6",
            FilterKind.Net => "a network is missing, such as 10.0.0.0/8",
            _ => "an address is missing, such as 10.0.0.7",
        };
        return token switch
        {
            { Kind: FilterTokenKind.End } => $"At the end {missing}",
            _ when kind == FilterKind.Protocol && token.IsKeyword =>
                $"Before '{token.Text}', a word of the language, {missing}: write that, or \\{token.Text}",
            _ => $"Before '{token.Text}' {missing}",
        };
    }

    private FilterCondition? ReadPort(FilterQualifier words, FilterToken token)
    {
        if (FilterNumber.TryParse(token.Text, out var port) && port <= ushort.MaxValue)
        {
            return primitives.HasPort(words.Protocol, words.Direction, (ushort)port, (ushort)port);
        }

        cursor.Fail(token, FilterNumber.LooksLikeNumber(token.Text) ? "A port is a number from 0 to 65535"
            : FilterNumber.TryParseRange(token.Text, out _, out _) ? $"'{token.Text}' is a range: write portrange {token.Text}"
            : $"'{token.Text}' is not the number of a port: names are not looked up, so write the number");
        return null;
    }

    private FilterCondition? ReadRange(FilterQualifier words, FilterToken token)
    {
        if (FilterNumber.TryParse(token.Text, out var port) && port <= ushort.MaxValue)
        {
            return primitives.HasPort(words.Protocol, words.Direction, (ushort)port, (ushort)port);
        }

        if (FilterNumber.TryParseRange(token.Text, out var low, out var high))
        {
            return primitives.HasPort(words.Protocol, words.Direction, low, high);
        }

        cursor.Fail(
            token, $"'{token.Text}' is not two numbers from 0 to 65535 with a hyphen between them: write them as in 8000-8080");
        return null;
    }

    private FilterCondition? ReadProtocol(FilterQualifier words, FilterToken token)
    {
        if (FindProtocol(token.Text) is { } number)
        {
            var isInBoth = words.Protocol is null;
            return primitives.Carries(number, isInBoth || words.Protocol!.IsInIpv4, isInBoth || words.Protocol!.IsInIpv6);
        }

        cursor.Fail(token, FilterNumber.LooksLikeNumber(token.Text) ? "A protocol is a number from 0 to 255"
            : $"'{token.Text}' is not the number of a protocol: names are not looked up, so write the number");
        return null;
    }

    // A word of the language is a name only behind a backslash. icmp6 is not what the system calls it, so libpcap refuses it too
    private static byte? FindProtocol(string text) => text is ['\\', .. var name]
        ? FilterProtocol.Find(name) is { IsInIpv4: true } protocol ? protocol.Number : null
        : FilterNumber.TryParse(text, out var number) && number <= byte.MaxValue ? (byte)number : null;
}
