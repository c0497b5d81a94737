using Onetun.Forwarder.Commands;
using Onetun.Tests.Support;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>What is kept in docs/ of the options, and how a manual page is written.</summary>
public sealed class ManualTests
{
    [Theory]
    [InlineData("onetun.1", "man")]
    [InlineData("options.md", "man", "--options")]
    public async Task A_page_in_docs_is_what_the_program_writes(string page, params string[] command)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var line = new CommandLine(new TestMachine().Machine, TextReader.Null, output, error);
        Assert.Equal(0, await line.RunAsync(command));
        var kept = await File.ReadAllTextAsync(
            Path.Combine(Checkout.Root, "docs", page), TestContext.Current.CancellationToken);
        Assert.True(kept == output.ToString(), $"Write it anew: onetun {string.Join(' ', command)} > docs/{page}");
    }

    [Fact]
    public void What_means_something_to_roff_is_escaped()
    {
        var text = new RoffText();
        text.Item("--cc", "a-b", @"\ is not 'that'");
        text.Line(".TH");
        Assert.Equal(".TP\n\\fB\\-\\-cc\\fR \\fIa\\-b\\fR\n\\e is not \\(aqthat\\(aq\n\\&.TH\n", text.ToString());
    }
}
