using System.Diagnostics;
using Onetun.Forwarder.Commands;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>What each shell itself makes of its completion script.</summary>
public sealed class CompletionTests : IDisposable
{
    private static readonly (string Line, string[] Words)[] Cases =
    [
        ("onetun stat", ["status"]),
        ("onetun --aead l", ["libsodium"]),
        ("onetun --cc ", ["bbr", "cubic", "newreno", "tolerant"]),
        ("onetun --log-format j", ["json"]),
        ("onetun --log d", ["debug"]),
        ("onetun 8080:peer:80 --che", ["--check"]),
        ("onetun status --w", ["--watch"]),
        ("onetun completion f", ["fish"]),
        ("onetun doctor --config unus", ["unusual.conf"]),
        ("onetun --dns 1", []),
        ("onetun genkey --co", []),
    ];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("onetun");

    public CompletionTests() => File.WriteAllText(Path.Combine(_directory.FullName, "unusual.conf"), "");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public Task Bash_completes_commands_options_their_values_and_files() => AssertCompletesAsync("bash", ["bash"], line => $$"""
        COMP_WORDS=({{line.TrimEnd()}}{{(line.EndsWith(' ') ? " ''" : "")}}); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _onetun; echo "${COMPREPLY[*]}"

        """);

    [Fact]
    public Task Fish_completes_commands_options_their_values_and_files() => AssertCompletesAsync("fish", ["fish", "--no-config"], line =>
        $"echo (complete -C '{line}' | string split -f1 \\t)\n");

    [Fact]
    public Task PowerShell_completes_commands_options_their_values_and_files() =>
        AssertCompletesAsync("powershell", ["pwsh", "-NoProfile", "-NonInteractive", "-File"], line => $"""
            "$([Management.Automation.CommandCompletion]::CompleteInput('{line}', {line.Length}, $null).CompletionMatches.CompletionText)"

            """);

    /// <summary>It has to be typed to, and shows what the line has become if there is one word for it.</summary>
    [Fact]
    public Task Zsh_completes_commands_options_their_values_and_files() => AssertCompletesAsync(
        "zsh",
        ["zsh", "-f"],
        line => $$"""
            zpty -n -w z '{{line}}'$'\t\C-X'
            zpty -r z shown '*<*>*'
            shown=${${shown##*<}%%>*}
            [[ $shown != '{{line}}' ]] || shown=
            print -r -- ${${shown% }##* }

            """,
        before: """
            zmodload zsh/zpty
            zpty z TERM=vt100 zsh -f -i
            zpty -w z 'autoload -U compinit; compinit -D -u; . ./onetun.zsh'
            zpty -w z 'show() { print -r "<$BUFFER>"; BUFFER= }; zle -N show; bindkey "^X" show; print RE""ADY'
            zpty -r z shown '*READY*'

            """,
        mostWords: 1);

    private async Task AssertCompletesAsync(
        string shell, string[] command, Func<string, string> complete, string? before = null, int mostWords = int.MaxValue)
    {
        var script = await WriteScriptAsync(shell);
        var cases = Cases.Where(one => one.Words.Length <= mostWords).ToList();
        var output = await RunAsync(command, (before ?? script) + string.Concat(cases.Select(one => complete(one.Line))));
        Assert.Equal(
            cases.Select(one => $"{one.Line}: {string.Join(' ', one.Words)}"),
            output.Split('\n').Zip(cases, (words, one) =>
                $"{one.Line}: {string.Join(' ', words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(Path.GetFileName).Order())}"));
    }

    private async Task<string> WriteScriptAsync(string shell)
    {
        using var output = new StringWriter();
        var line = new CommandLine(new TestMachine().Machine, TextReader.Null, output, TextWriter.Null);
        Assert.Equal(0, await line.RunAsync(["completion", shell]));
        await File.WriteAllTextAsync(
            Path.Combine(_directory.FullName, $"onetun.{shell}"), output.ToString(), TestContext.Current.CancellationToken);
        return output.ToString();
    }

    /// <summary>What a shell writes that runs a script in the directory of the test.</summary>
    private async Task<string> RunAsync(string[] command, string script)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(path => File.Exists(Path.Combine(path, command[0])));
        Assert.SkipUnless(found && !OperatingSystem.IsWindows(), $"There is no {command[0]}.");
        var file = Path.Combine(_directory.FullName, "script.ps1"); // PowerShell wants the name, and others do not look at it
        await File.WriteAllTextAsync(file, script, cancellation);
        var start = new ProcessStartInfo(command[0], [.. command[1..], file])
        {
            WorkingDirectory = _directory.FullName,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["HOME"] = _directory.FullName, ["NO_COLOR"] = "1" },
        };
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(120));
        try
        {
            process.StandardInput.Close();
            var output = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return output;
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
