using Onetun.Forwarder.Commands;
using Onetun.Tests.Support;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>What is written of the options, for docs/ and as a manual page.</summary>
public sealed class ManualTests
{
    [Fact]
    public async Task The_table_of_options_in_docs_is_what_the_program_writes()
    {
        var kept = await File.ReadAllTextAsync(
            Path.Combine(Checkout.Root, "docs", "options.md"), TestContext.Current.CancellationToken);
        Assert.True(kept == await WriteAsync("man", "--options"), "Write it anew: onetun man --options > docs/options.md");
    }

    [Fact]
    public async Task The_manual_page_has_every_option_and_command()
    {
        var page = await WriteAsync("man");
        Assert.StartsWith(".TH ", page);
        Assert.All(
            Configuration.Options.All.Select(option => option.Name).Append("doctor").Append("stdio"),
            name => Assert.Contains(name.Replace("-", "\\-"), page));
    }

    [Fact]
    public void What_means_something_to_roff_is_escaped()
    {
        var text = new RoffText();
        text.Item("--cc", "a-b", @"\ is not 'that'");
        text.Line(".TH");
        Assert.Equal(".TP\n\\fB\\-\\-cc\\fR \\fIa\\-b\\fR\n\\e is not \\(aqthat\\(aq\n\\&.TH\n", text.ToString());
    }

    private static async Task<string> WriteAsync(params string[] command)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var line = new CommandLine(new TestMachine().Machine, TextReader.Null, output, error);
        Assert.Equal(0, await line.RunAsync(command));
        return output.ToString();
    }
}
