using System.Globalization;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>
/// Takes values from environment variables, or from the files that variables named NAME_FILE name, as Docker's secrets are
/// given. Both are trimmed: whatever wrote them may have left blanks and line ends.
/// </summary>
internal sealed class EnvironmentReader(Machine machine)
{
    private const string FileSuffix = "_FILE";

    private readonly FaultList _faults = new();
    private readonly List<string> _warnings = [];

    /// <summary>What could not be read.</summary>
    public IReadOnlyList<Fault> Faults => _faults.Faults;

    /// <summary>What is ignored, and what others can read.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The value of an option's variable; absent where neither it nor its file is named.</summary>
    public Setting Read(OptionDeclaration option)
    {
        if (option.Variable.Length == 0)
        {
            return default;
        }

        if (option.IsNeverEmpty && machine.Variable(option.Variable)?.Trim() is "")
        {
            _faults.Configuration($"{option.Variable} is set, and empty: unset it, or give {option.ValueName}");
            return default;
        }

        // A file of our private key has an option of its own.
        return option.HasFileOption ? Of(Value(option.Variable), option.Variable) : Read(option.Variable, option.Secret);
    }

    /// <summary>
    /// The values of variables that make a list: NAME_1, NAME_2 and so on, up to the first gap as in the original.
    /// </summary>
    public IEnumerable<Setting> ReadMany(string prefix)
    {
        var n = 1;
        for (; IsSet(Numbered(prefix, n)); n++)
        {
            yield return Read(Numbered(prefix, n), null);
        }

        var behind = machine.Variables()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => NumberOf(name[prefix.Length..]))
            .Where(at => at > n && IsSet(Numbered(prefix, at)))
            .Distinct()
            .Order()
            .ToList();
        if (behind.Count > 0)
        {
            _warnings.Add($"{prefix}{behind[0]}{(behind.Count > 1 ? " and what follows" : "")} is ignored: "
                + $"the list ends at {prefix}{n}, which is not set.");
        }
    }

    private Setting Read(string name, string? secret)
    {
        var value = Value(name);
        if (Value(name + FileSuffix) is not { } path)
        {
            return Of(value, name);
        }

        if (value is not null)
        {
            _faults.Configuration($"{name} and {name}{FileSuffix} are both set: give one of them");
            return default;
        }

        return Of(ReadFile($"{name}{FileSuffix}", path, secret), name + FileSuffix);
    }

    private string? ReadFile(string name, string path, string? secret)
    {
        if (!machine.TryReadFile(path, out var text, out var reason))
        {
            _faults.Configuration($"Failed to read {path}, which {name} names: {reason}");
            return null;
        }

        text = text.Trim();
        if (text.Length == 0 || text.AsSpan().ContainsAny('\r', '\n'))
        {
            // It does not count as unset: without its password a proxy would be open.
            var fault = text.Length == 0 ? "it is empty" : "it has several lines, but a value is a single line";
            _faults.Configuration($"Failed to read {path}, which {name} names: {fault}");
            return null;
        }

        if (secret is not null && FileReaders.Warn(machine, secret, path) is { } warning)
        {
            _warnings.Add(warning);
        }

        return text;
    }

    private bool IsSet(string name) => Value(name) is not null || Value(name + FileSuffix) is not null;

    // An empty variable counts as unset: container files have no other way to say so.
    private string? Value(string name) => machine.Variable(name)?.Trim() is { Length: > 0 } value ? value : null;

    private static Setting Of(string? value, string name) =>
        value is null ? default : new Setting(value, SettingSource.Environment, name);

    private static string Numbered(string prefix, int n) => prefix + n.ToString(CultureInfo.InvariantCulture);

    private static int NumberOf(string text)
    {
        var digits = text.EndsWith(FileSuffix, StringComparison.Ordinal) ? text[..^FileSuffix.Length] : text;
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
