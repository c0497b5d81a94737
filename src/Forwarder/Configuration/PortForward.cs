using System.Diagnostics.CodeAnalysis;
using Onetun.Forwarder.Common;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Configuration;

/// <summary>
/// A port forward as written: <c>[src_host:]&lt;src_port&gt;:&lt;dst_host&gt;:&lt;dst_port&gt;[:PROTO[,PROTO...]]</c>, or
/// <c>unix:/path</c> in place of the source.
/// </summary>
internal sealed record PortForward(
    string? SourceHost, int SourcePort, string DestinationHost, int DestinationPort, Protocols Protocols)
{
    /// <summary>The Unix-domain socket that takes connections in place of a port.</summary>
    public string? SourcePath { get; init; }

    /// <summary>Reads the whole text or says which part of it is wrong.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out PortForward? forward, [NotNullWhen(false)] out ParseError? error)
    {
        forward = null;
        if (TextField.TrySplit(text, out var fields, out error))
        {
            error = Parse(text, fields, out forward);
        }

        if (error is not null && LooksLikeBareIPv6(text) && !IsUnix(fields))
        {
            const string hint = "an IPv6 address needs brackets, as in [::1]:8080:192.168.4.2:8080";
            error = error with { Message = $"{error.Message} ({hint})" };
        }

        return error is null;
    }

    private static ParseError? Parse(string text, List<TextField> fields, out PortForward? forward)
    {
        forward = null;
        if (fields is [{ IsNumber: false, Length: > 0 } word])
        {
            return new ParseError($"'{word.Text}' is not a port forward, such as 8080:192.168.4.2:8080", 0, text.Length);
        }

        string? sourceHost = null;
        // A host is never all digits, which makes 8080:host:80 unambiguous.
        var first = fields[0].IsNumber ? 0 : 1;
        var isUnix = IsUnix(fields);
        if (first == 1 && !isUnix && !HostText.TryParseHost(fields[0], out sourceHost))
        {
            return Error("Invalid source address", fields[0]);
        }

        var end = new TextField("", text.Length);
        TextField At(int index) => first + index < fields.Count ? fields[first + index] : end;

        if (isUnix && At(0).Length == 0)
        {
            return new ParseError("Invalid source address: the path of the socket is missing", At(0).Position, 0);
        }

        var sourcePort = 0;
        if (!isUnix && !HostText.TryParsePort(At(0), 0, out sourcePort))
        {
            return Error("Invalid source port", At(0), "a number from 0 to 65535");
        }

        if (!HostText.TryParseHost(At(1), out var destinationHost))
        {
            return Error("Invalid destination address", At(1));
        }

        if (!HostText.TryParsePort(At(2), 1, out var destinationPort))
        {
            return Error("Invalid destination port", At(2), "a number from 1 to 65535");
        }

        var protocols = Protocols.Tcp;
        if (fields.Count > first + 3 && ParseProtocols(At(3), out protocols) is { } error)
        {
            return error;
        }

        if (fields.Count > first + 4)
        {
            var colon = At(4).Position - 1;
            return new ParseError("Unexpected text after the port forward", colon, text.Length - colon);
        }

        if (isUnix && protocols != Protocols.Tcp)
        {
            return new ParseError("A Unix-domain socket carries only TCP", At(3).Position, At(3).Length);
        }

        forward = new PortForward(sourceHost, sourcePort, destinationHost, destinationPort, protocols)
        {
            SourcePath = isUnix ? At(0).Text : null,
        };
        return null;
    }

    // With another text after it, unix is a host.
    private static bool IsUnix(List<TextField> fields) => fields is [{ Text: "unix" }, { Text: "" or ['/' or '.', ..] }, ..];

    private static ParseError? ParseProtocols(TextField field, out Protocols protocols)
    {
        protocols = Protocols.None;
        var position = field.Position;
        foreach (var name in field.Text.Split(','))
        {
            var protocol = name.ToUpperInvariant() switch
            {
                "TCP" => Protocols.Tcp,
                "UDP" => Protocols.Udp,
                _ => Protocols.None,
            };
            if (protocol == Protocols.None)
            {
                return new ParseError($"Invalid protocol specifier: {name}", position, name.Length);
            }

            protocols |= protocol;
            position += name.Length + 1;
        }

        return null;
    }

    private static ParseError Error(string what, TextField field, string? wanted = null)
    {
        wanted ??= field.Length == 0 ? null
            : HostText.IsBrokenIPv4(field.Text) ? "a whole IPv4 address"
            : field.IsBracketed || HostText.HasLabels(field.Text) ? null
            : "a name, whose parts between dots have 1 to 63 characters each and 253 in all";
        var reason = field.Length == 0 ? "it is missing" : $"'{field.Text}'{(wanted is null ? "" : $" is not {wanted}")}";
        return new ParseError($"{what}: {reason}", field.Position, field.Length);
    }

    private static bool LooksLikeBareIPv6(string text) =>
        !text.Contains('[') && (text.Contains("::") || text.Count(c => c == ':') > 5);
}
