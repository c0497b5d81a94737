using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Wireshark;

/// <summary>The script in Wireshark's folder that starts this program, wherever it is and whatever the PATH.</summary>
/// <param name="Program">The words that it is started with: a path, or <c>dotnet</c>'s and that of a library.</param>
/// <param name="Runtime">Where .NET is, if a variable has to say it; Wireshark may not have been given that.</param>
internal sealed record Launcher(IReadOnlyList<string> Program, string? Runtime = null)
{
    /// <summary>What the variable is called.</summary>
    public const string RuntimeVariable = "DOTNET_ROOT";

    /// <summary>By which a file is known for one of ours.</summary>
    private const string Mark = "Written by 'onetun extcap --install'; 'onetun extcap --uninstall' removes it.";

    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>What it is called.</summary>
    public static string FileName { get; } = OperatingSystem.IsWindows() ? "onetun.bat" : "onetun";

    /// <summary>That of the program which runs.</summary>
    public static Launcher Ours(Machine machine)
    {
        var program = Environment.ProcessPath!;
        var library = Path.Combine(AppContext.BaseDirectory, "onetun.dll");
        var isHosted = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return new Launcher(isHosted ? [program, library] : [program], machine.Variable(RuntimeVariable));
    }

    /// <summary>The script.</summary>
    public string Text() => OperatingSystem.IsWindows() ? OfWindows() : OfUnix();

    /// <summary>For a Unix shell.</summary>
    public string OfUnix() => $"""
        #!/bin/sh
        # {Mark}
        {(Runtime is null ? "" : $"export {RuntimeVariable}={Quote(Runtime)}\n")}exec {string.Join(' ', Program.Select(Quote))} extcap "$@"

        """;

    /// <summary>For the command processor of Windows, in UTF-8.</summary>
    public string OfWindows() => $"""
        @echo off
        rem {Mark}
        chcp 65001 >nul
        {(Runtime is null ? "" : $"set \"{RuntimeVariable}={WithoutVariables(Runtime)}\"\n")}{string.Join(' ', Program.Select(word => $"\"{WithoutVariables(word)}\""))} extcap %*

        """.ReplaceLineEndings("\r\n");

    /// <summary>Whether a file is a launcher, of this or another onetun; false if it is not there.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static bool IsAt(string path) => File.Exists(path) && File.ReadLines(path).Take(2).LastOrDefault() is { } line
        && line.EndsWith(Mark, StringComparison.Ordinal);

    /// <summary>Makes the file, in place of an earlier launcher. False if it is there already, and the same.</summary>
    /// <exception cref="IOException">It cannot be made, or there is another file of that name.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public bool Install(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (IsAt(path))
        {
            if (File.ReadAllText(path) == Text() && (OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == Executable))
            {
                return false;
            }

            File.Delete(path);
        }

        // Nothing that has come meanwhile is overwritten
        using (var file = new StreamWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write)))
        {
            file.Write(Text());
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, Executable);
        }

        return true;
    }

    private static string Quote(string word) => $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static string WithoutVariables(string word) => word.Replace("%", "%%", StringComparison.Ordinal);
}
