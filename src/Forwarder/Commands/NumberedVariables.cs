using System.Globalization;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>Variables that make a list: NAME_1, NAME_2 and so on, up to the first gap as in the original.</summary>
internal static class NumberedVariables
{
    public static IEnumerable<Setting> Read(string prefix, Machine machine, List<string> warnings)
    {
        var n = 1;
        for (; Value(prefix, n, machine) is { } value; n++)
        {
            yield return new Setting(value, SettingSource.Environment);
        }

        var behind = machine.Variables()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => int.TryParse(name[prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : 0)
            .Where(at => at > n && Value(prefix, at, machine) is not null)
            .Order()
            .ToList();
        if (behind.Count > 0)
        {
            warnings.Add($"{prefix}{behind[0]}{(behind.Count > 1 ? " and what follows" : "")} is ignored: "
                + $"the list ends at {prefix}{n}, which is not set.");
        }
    }

    private static string? Value(string prefix, int n, Machine machine) =>
        machine.Variable(prefix + n.ToString(CultureInfo.InvariantCulture)) is { Length: > 0 } value ? value : null;
}
