using System.Reflection;
using System.Reflection.Metadata;
using System.Text;
using System.Text.Json;
using Onetun.Tests.Support;
using Xunit;

namespace Onetun.Architecture.Tests;

/// <summary>What is shipped besides our own code, and what a build leaves in it.</summary>
public sealed class SupplyChainTests
{
    private static readonly string[] Products = ["Onetun.WireGuard", "Onetun.NetStack", "Onetun.Capture", "Onetun.Tunnel", "onetun"];

    [Fact]
    public void Notices_name_each_package_that_is_shipped()
    {
        var notices = File.ReadAllLines(Path.Combine(Checkout.Root, "THIRD-PARTY-NOTICES.md"));
        string[] rows = [.. notices.Where(line => line.StartsWith("| ", StringComparison.Ordinal))];
        var missing = ShippedPackages().Where(package => !rows.Any(row =>
            row.Contains($" {package} ", StringComparison.Ordinal) || row.Contains($" {package},", StringComparison.Ordinal)
            || row.Contains($" {package.Split('.')[0]}.", StringComparison.Ordinal) && row.Contains("\\*", StringComparison.Ordinal)));
        Assert.Equal("", string.Join('\n', missing));
    }

    /// <summary>Otherwise a program that takes the libraries would be given parts that are newer than its framework.</summary>
    [Theory, InlineData("WireGuard"), InlineData("NetStack"), InlineData("Capture"), InlineData("Tunnel"), InlineData("Forwarder")]
    public void Packages_of_the_framework_are_not_newer_than_it(string project)
    {
        var newer = LockedPackages(project).Where(package =>
            (package.Name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)
                || package.Name.StartsWith("System.", StringComparison.Ordinal))
            && Version.Parse(package.Value.GetProperty("resolved").GetString()!).Major > Environment.Version.Major);
        Assert.Equal("", string.Join('\n', newer.Select(package => package.Name)));
    }

    /// <summary>Otherwise a console program that takes the libraries would not start where .NET alone is installed.</summary>
    [Theory, InlineData("WireGuard"), InlineData("NetStack"), InlineData("Capture"), InlineData("Tunnel"), InlineData("Forwarder")]
    public void No_framework_is_asked_for_besides_the_one_of_console_programs(string project)
    {
        var file = Path.Combine(Checkout.Root, "src", project, "obj", "project.assets.json");
        var assets = JsonElement.Parse(File.ReadAllText(file));
        var byPackages = from target in assets.GetProperty("targets").EnumerateObject()
                         from package in target.Value.EnumerateObject()
                         where package.Value.TryGetProperty("frameworkReferences", out _)
                         select package.Name;
        Assert.Equal("", string.Join('\n', byPackages));
        var own = from framework in assets.GetProperty("project").GetProperty("frameworks").EnumerateObject()
                  from reference in framework.Value.GetProperty("frameworkReferences").EnumerateObject()
                  select reference.Name;
        Assert.Equal(["Microsoft.NETCore.App"], own);
    }

    [Fact]
    public void Built_assemblies_do_not_tell_where_they_were_built()
    {
        var root = Encoding.UTF8.GetBytes(Checkout.Root);
        Assert.All(Products, product =>
        {
            var file = Assembly.Load(product).Location;
            Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(root));
            Assert.All(SourcesOf(Path.ChangeExtension(file, ".pdb")), source => Assert.StartsWith("/_/", source));
        });
    }

    private static IReadOnlyList<string> SourcesOf(string symbols)
    {
        using var provider = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(symbols));
        var reader = provider.GetMetadataReader();
        return [.. reader.Documents.Select(document => reader.GetString(reader.GetDocument(document).Name))];
    }

    /// <summary>All that the program's lock file has, but the analyzers, which stay with the compiler.</summary>
    private static IEnumerable<string> ShippedPackages() =>
        from package in LockedPackages("Forwarder")
        where !package.Name.EndsWith("Analyzers", StringComparison.Ordinal)
        select package.Name;

    /// <summary>The packages in a project's lock file, those that others ask for included.</summary>
    private static IReadOnlyList<JsonProperty> LockedPackages(string project)
    {
        var file = Path.Combine(Checkout.Root, "src", project, "packages.lock.json");
        var locks = JsonElement.Parse(File.ReadAllText(file));
        return
        [
            .. from framework in locks.GetProperty("dependencies").EnumerateObject()
               from package in framework.Value.EnumerateObject()
               where package.Value.GetProperty("type").GetString() != "Project"
               select package,
        ];
    }
}
