namespace Onetun.Forwarder.Commands;

/// <summary>For PowerShell, which completes names of files where the script says nothing.</summary>
internal static class PowerShellCompletion
{
    public static string Write(IReadOnlyList<CompletedCommand> commands)
    {
        var options = commands.SelectMany(command => command.Options).DistinctBy(option => option.Names[0]).ToList();
        var values = options.Where(option => option.ValueName.Length > 0).SelectMany(option => option.Names.Select(name =>
            $"        {Quote(name)} = @({string.Join(", ", option.Choices.Select(Quote))})"));
        var names = commands.Skip(1).Select(command => Pair(command.Name, command.Summary));
        var words = commands.Select(command => $"        {Quote(command.Name)} = [ordered]@{{{Words(command)}\n        }}");
        return $$"""
            Register-ArgumentCompleter -Native -CommandName onetun -ScriptBlock {
                param($word, $line, $position)
                $values = @{
            {{string.Join('\n', values)}}
                }
                $commands = [ordered]@{
            {{string.Concat(names)}}
                }
                $words = @{
            {{string.Join('\n', words)}}
                }
                $before = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { "$_" })
                $found = [ordered]@{}
                if ($values.ContainsKey($before[-1])) {
                    $values[$before[-1]] | ForEach-Object { $found[$_] = $_ }
                } elseif ($before.Count -eq 1) {
                    $commands, $words[''] | ForEach-Object { $_.GetEnumerator() } | ForEach-Object { $found[$_.Key] = $_.Value }
                } elseif ($commands.Contains($before[1])) {
                    $found = $words[$before[1]]
                } else {
                    $found = $words['']
                }
                $found.GetEnumerator() | Where-Object { $_.Key.StartsWith($word) } | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterValue', $_.Value)
                }
            }

            """;
    }

    private static string Words(CompletedCommand command) => string.Concat(command.Words.Select(word => Pair(word, word))
        .Concat(command.Options.SelectMany(option => option.Names.Select(name => Pair(name, option.Summary)))));

    private static string Pair(string name, string summary) => $"\n        {Quote(name)} = {Quote(summary)}";

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
