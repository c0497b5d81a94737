using System.Text;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>A table of all options, in Markdown.</summary>
internal static class OptionTable
{
    private const string Beginning = """
        # Options

        Every option of `onetun`, and where else its value may stand. The command line takes precedence over variables, variables over the
        file of `--config`. A variable whose name ends in `_FILE` names a file that holds the value. `AllowedIPs` of a `[Peer]` can be set only in a file.
        `onetun man --options` writes this page.

        """;

    /// <summary>All of the page.</summary>
    public static string Write()
    {
        var text = new StringBuilder(Beginning);
        foreach (var group in Options.OfCommandLine.GroupBy(option => option.Group))
        {
            text.Append($"\n## {group.Key}\n\n| option | variable | in a file | default | meaning |\n|---|---|---|---|---|\n");
            foreach (var option in group)
            {
                var name = string.Join(", ", new[] { option.ShortName, option.Name }.OfType<string>());
                var value = option.ValueName.Length == 0 ? "" : $" <{option.ValueName}>";
                text.Append($"| {Code(name + value)} | {Code(option.Variables)} | {Code(KeyOf(option))} ")
                    .Append($"| {Escape(option.Default ?? "")} | {Escape(option.Description)} |\n");
            }
        }

        return text.ToString();
    }

    private static string KeyOf(OptionDeclaration option) => option.InterfaceKey is { } ours ? $"[Interface] {ours}"
        : option.PeerKey is { } theirs ? $"[Peer] {theirs}"
        : option.FileComment ?? "";

    private static string Code(string text) => text.Length == 0 ? "" : $"`{text.Replace("|", "\\|", StringComparison.Ordinal)}`";

    private static string Escape(string text) => text
        .Replace("|", "\\|", StringComparison.Ordinal)
        .Replace("<", "\\<", StringComparison.Ordinal)
        .Replace("[", "\\[", StringComparison.Ordinal);
}
