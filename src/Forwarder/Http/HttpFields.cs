namespace Onetun.Forwarder.Http;

/// <summary>The fields of a request or a response (RFC 9110 §5).</summary>
internal static class HttpFields
{
    // These are of one connection, not of the message (RFC 9110 §7.6.1).
    private static readonly string[] OfConnection = ["Connection", "Proxy-Connection", "Keep-Alive", "TE", "Upgrade"];

    // Without them nobody finds the end of the body.
    private static readonly string[] AlwaysPassedOn = ["Content-Length", "Transfer-Encoding"];

    /// <summary>The values of all fields of a name.</summary>
    public static IEnumerable<string> Values(this IReadOnlyList<(string Name, string Value)> fields, string name) =>
        fields.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value);

    /// <summary>The members of all lists of a name.</summary>
    public static IEnumerable<string> Members(this IReadOnlyList<(string Name, string Value)> fields, string name) =>
        fields.Values(name).SelectMany(HttpSyntax.Members);

    /// <summary>Whether one of the lists of a name has a member.</summary>
    public static bool HasMember(this IReadOnlyList<(string Name, string Value)> fields, string name, string member) =>
        fields.Members(name).Contains(member, StringComparer.OrdinalIgnoreCase);

    /// <summary>Those that are passed on: not what concerns the connection they came by, and not some others.</summary>
    public static IEnumerable<(string Name, string Value)> PassedOn(
        this IReadOnlyList<(string Name, string Value)> fields, params string[] others)
    {
        var dropped = fields.Members("Connection")
            .Except(AlwaysPassedOn, StringComparer.OrdinalIgnoreCase)
            .Concat(OfConnection)
            .Concat(others)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return fields.Where(field => !dropped.Contains(field.Name));
    }
}
