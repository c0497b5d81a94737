using Onetun.Interop;

namespace Onetun.Samples.Tests;

/// <summary>The sample of how a service is tested, which is tests itself.</summary>
public sealed class ServiceTestsTests
{
    [Fact]
    public async Task All_its_tests_pass()
    {
        await using var program = Sample.Start("ServiceTests");
        Assert.Contains("Total: 5, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0", (await program.EndAsync())[^1], StringComparison.Ordinal);
    }
}
