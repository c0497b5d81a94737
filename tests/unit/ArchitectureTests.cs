using System.Reflection;
using Xunit;

namespace Onetun.Architecture.Tests;

/// <summary>onetun → Tunnel → {WireGuard, NetStack, Capture}, never back, and the cores do no I/O.</summary>
public sealed class ArchitectureTests
{
    [Theory, InlineData("Onetun.WireGuard"), InlineData("Onetun.NetStack"), InlineData("Onetun.Capture")]
    public void Core_knows_no_other_part_of_onetun(string core) => AssertKnowsNone(core, "Onetun");

    [Theory, InlineData("Onetun.WireGuard"), InlineData("Onetun.NetStack")]
    public void Core_has_no_sockets_channels_or_logs(string core) =>
        AssertKnowsNone(core, "System.Net.Sockets", "System.Threading.Channels", "Microsoft.Extensions.Logging");

    [Fact]
    public void Library_brings_no_command_line() =>
        AssertKnowsNone("Onetun.Tunnel", "onetun", "System.CommandLine", "Pipelines.Sockets.Unofficial");

    [Theory, InlineData("Onetun.WireGuard"), InlineData("Onetun.NetStack"), InlineData("Onetun.Capture")]
    [InlineData("Onetun.Tunnel"), InlineData("onetun")]
    public void Product_knows_no_test_package(string assembly) => AssertKnowsNone(assembly, "xunit", "CsCheck");

    /// <summary>The names are exact, or the beginning of one up to a dot.</summary>
    private static void AssertKnowsNone(string assembly, params string[] names)
    {
        IEnumerable<string> known = Assembly.Load(assembly).GetReferencedAssemblies().Select(r => r.Name!);
        Assert.DoesNotContain(known, k => names.Any(n => k == n || k.StartsWith(n + ".", StringComparison.Ordinal)));
    }
}
