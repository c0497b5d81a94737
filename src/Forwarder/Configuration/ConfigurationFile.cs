using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Onetun.Forwarder.Common;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Configuration;

/// <summary>What <c>--config</c> names: a file, an interface whose file is where wg-quick(8) has it, or standard input.</summary>
/// <param name="Name">What it is called in the places of values and faults.</param>
/// <param name="Path">Null for standard input.</param>
/// <param name="Description">What people are told could not be read.</param>
/// <param name="Advice">What they can do then.</param>
internal sealed partial record ConfigurationFile(string Name, string? Path, string Description, string? Advice = null)
{
    private const string StandardInput = "-";

    // Linux has the first alone; FreeBSD and macOS look into the others too.
    private static readonly string[] Directories = ["/etc/wireguard", "/usr/local/etc/wireguard", "/opt/homebrew/etc/wireguard"];

    /// <summary>Whether a value is standard input.</summary>
    public static bool IsStandardInput(Setting setting) => setting.Value == StandardInput;

    /// <summary>The file at a path.</summary>
    public static ConfigurationFile Of(string path) => new(System.IO.Path.GetFileName(path), path, "configuration file");

    /// <summary>Finds it; null, and a fault, if an interface has no file.</summary>
    public static ConfigurationFile? Find(string value, Machine machine, FaultList faults)
    {
        if (value == StandardInput)
        {
            return new("standard input", null, "configuration");
        }

        if (OperatingSystem.IsWindows() || !InterfaceName().IsMatch(value) || machine.FileExists(value))
        {
            return Of(value);
        }

        var name = $"{value}.conf";
        if (Directories.Select(directory => $"{directory}/{name}").FirstOrDefault(machine.FileExists) is { } path)
        {
            return new(name, path, $"configuration file {path}", $"If only root may read it: sudo cat {path} | onetun --config -");
        }

        faults.Configuration($"Failed to read configuration file: there is no file {value} here, "
            + $"and no {name} in {string.Join(", ", Directories[..^1])} or {Directories[^1]}");
        return null;
    }

    /// <summary>Its text, or why there is none.</summary>
    public bool TryRead(Machine machine, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? reason)
    {
        if (!(Path is null ? machine.TryReadInput(out text, out reason) : machine.TryReadFile(Path, out text, out reason)))
        {
            return false;
        }

        // UTF-16 has been decoded by now, where it can be told.
        reason = EncodedText.FaultOf(text) is { } fault ? $"{Name} {fault}" : null;
        return reason is null;
    }

    // As wg-quick(8) has it, but what ends in .conf is meant as a file.
    [GeneratedRegex(@"^[a-zA-Z0-9_=+.-]{1,15}(?<!\.conf)\z")]
    private static partial Regex InterfaceName();
}
