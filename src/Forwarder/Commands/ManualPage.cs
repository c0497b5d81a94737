using System.CommandLine;

namespace Onetun.Forwarder.Commands;

/// <summary>The manual page, made of the same parts as the help.</summary>
internal static class ManualPage
{
    private static readonly (int Code, string When)[] ExitCodes =
    [
        (ExitCode.Success, "Stopped by Ctrl-C or SIGTERM, or a command that did its work."),
        (ExitCode.Failure, "The configuration or the start failed: every fault is listed; or doctor found a problem."),
        (ExitCode.Usage, "The command line itself is wrong."),
    ];

    /// <summary>That of the whole command line, as roff.</summary>
    public static string Of(RootCommand root)
    {
        var page = new RoffText();
        page.Macro("TH ONETUN 1 \"\" onetun \"User Commands\"");
        page.Macro("nr HY 0"); // No hyphens: names of variables stay whole
        page.Macro("ad l");
        page.Section("NAME", "onetun - user-space WireGuard port forwarder");
        page.Macro("SH SYNOPSIS");
        page.Macro("nf");
        foreach (var usage in root.Subcommands.Prepend<Command>(root).SelectMany(Introduction.UsagesOf))
        {
            page.Line(usage);
        }

        page.Macro("fi");
        page.Section("DESCRIPTION", Introduction.Summary);
        page.Macro("SS Port forwards");
        page.Line($"{string.Join(' ', Introduction.Forwards)} For example:");
        page.Macro("RS");
        page.Macro("EX");
        foreach (var example in Introduction.Examples)
        {
            page.Line(example);
        }

        page.Macro("EE");
        page.Macro("RE");
        page.Macro("SH COMMANDS");
        var shared = OptionText.Of(root).SelectMany(group => group).ToHashSet();
        foreach (var command in root.Subcommands)
        {
            page.Item(command.Name, "", command.Description!);
            page.Macro("RS");
            WriteOptions(page, OptionText.Of(command).SelectMany(group => group).Where(option => !shared.Contains(option)));
            page.Macro("RE");
        }

        page.Macro("SH OPTIONS");
        foreach (var group in OptionText.Of(root))
        {
            page.Macro($"SS {group.Key}");
            WriteOptions(page, group);
        }

        page.Section("ENVIRONMENT", Introduction.Variables);
        page.Macro("SH EXIT STATUS");
        foreach (var (code, when) in ExitCodes)
        {
            page.Item($"{code}", "", when);
        }

        page.Section("SEE ALSO", "wg(8), wg-quick(8)");
        return page.ToString();
    }

    private static void WriteOptions(RoffText page, IEnumerable<OptionText> options)
    {
        foreach (var option in options)
        {
            page.Item(option.Names, option.ValueName, $"{option.Description} {option.Notes}");
        }
    }
}
