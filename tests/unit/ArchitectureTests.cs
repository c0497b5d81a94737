using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Onetun.Tests.Support;
using Xunit;
using Assembly = System.Reflection.Assembly;

namespace Onetun.Architecture.Tests;

/// <summary>Who knows whom is what ARCHITECTURE.md draws, and the cores do no I/O.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string[] Assemblies = ["WireGuard", "NetStack", "Capture", "Tunnel", "Forwarder"];

    private static readonly Dictionary<string, string[]> Picture = ReadPicture();

    [Fact]
    public void Assembly_knows_those_behind_its_arrow()
    {
        foreach (var assembly in Assemblies)
        {
            var known = AssemblyOf(assembly).GetReferencedAssemblies()
                .Select(reference => reference.Name!)
                .Where(name => name.StartsWith("Onetun.", StringComparison.Ordinal))
                .Select(name => name["Onetun.".Length..]);
            Assert.Equal(Picture[assembly].Order(), known.Order());
        }
    }

    [Fact]
    public void Folder_knows_those_behind_its_arrow()
    {
        var arrows = new ArchLoader().LoadAssemblies(AssemblyOf("Tunnel"), AssemblyOf("Forwarder")).Build().Types
            .SelectMany(type => type.Dependencies)
            .Where(dependency => dependency.Target is not GenericParameter) // Those of equal generated methods are taken for one another
            .Select(dependency => (From: FolderOf(dependency.Origin), To: FolderOf(dependency.Target)))
            .Where(arrow => arrow.From.Length > 0 && arrow.To.Length > 0 && arrow.From != arrow.To)
            .Distinct()
            .ToLookup(arrow => arrow.From, arrow => arrow.To);
        var wrong = Picture.Keys.Except(Assemblies).Union(arrows.Select(arrow => arrow.Key))
            .Where(folder => !Picture[folder].Order().SequenceEqual(arrows[folder].Order()))
            .Select(folder => $"{folder} ← {string.Join(", ", arrows[folder].Order())}");
        Assert.True(!wrong.Any(), string.Join(Environment.NewLine, wrong.Prepend("These are not as ARCHITECTURE.md draws them:")));
    }

    [Fact]
    public void No_arrow_leads_back()
    {
        HashSet<string> seen = [];
        foreach ((var name, var known) in Picture)
        {
            Assert.All(known, one => Assert.Contains(one, seen));
            seen.Add(name);
        }
    }

    [Theory, InlineData("Onetun.WireGuard"), InlineData("Onetun.NetStack")]
    public void Core_has_no_sockets_channels_or_logs(string core) =>
        AssertKnowsNone(core, "System.Net.Sockets", "System.Threading.Channels", "Microsoft.Extensions.Logging");

    [Fact]
    public void Library_brings_no_command_line() =>
        AssertKnowsNone("Onetun.Tunnel", "onetun", "System.CommandLine", "Spectre.Console");

    [Theory, InlineData("Onetun.WireGuard"), InlineData("Onetun.NetStack"), InlineData("Onetun.Capture")]
    [InlineData("Onetun.Tunnel"), InlineData("onetun")]
    public void Product_knows_no_test_package(string assembly) => AssertKnowsNone(assembly, "xunit", "CsCheck");

    private static Assembly AssemblyOf(string area) => Assembly.Load(area == "Forwarder" ? "onetun" : $"Onetun.{area}");

    /// <summary>The folder of the tunnel or the program that a type is in, or nothing.</summary>
    private static string FolderOf(IType type) => Folder().Match(type.Namespace?.FullName ?? "").Groups["name"].Value;

    /// <summary>The lines that begin with the name of an assembly or a folder, and what follows its arrow.</summary>
    private static Dictionary<string, string[]> ReadPicture() =>
        File.ReadLines(Path.Combine(Checkout.Root, "ARCHITECTURE.md"))
            .Select(line => Line().Match(line))
            .Where(line => line.Success)
            .ToDictionary(
                line => line.Groups["name"].Value,
                line => line.Groups["known"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>The names are exact, or the beginning of one up to a dot.</summary>
    private static void AssertKnowsNone(string assembly, params string[] names)
    {
        var known = Assembly.Load(assembly).GetReferencedAssemblies().Select(r => r.Name!);
        Assert.DoesNotContain(known, k => names.Any(n => k == n || k.StartsWith(n + ".", StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"^Onetun\.(?:Tunnel|Forwarder)\.(?<name>\w+)")]
    private static partial Regex Folder();

    [GeneratedRegex(@"^(?<name>[A-Z][A-Za-z]+)(?: +← (?<known>(?:[A-Z][A-Za-z]+(?:, )?)+))?(?: {2,}.*)?$")]
    private static partial Regex Line();
}
