using System.Reflection;
using System.Text.RegularExpressions;
using Onetun.Tests.Support;
using Xunit;

namespace Onetun.Architecture.Tests;

/// <summary>The maps from what others test to what is tested here: each test they name exists.</summary>
public sealed partial class MapTests
{
    private static readonly Type[] TestTypes = typeof(MapTests).Assembly.GetTypes();

    [Theory, InlineData("WireGuard"), InlineData("NetStack"), InlineData("Forwarder"), InlineData("Deploy")]
    public void Each_test_that_a_map_names_exists(string area)
    {
        var folder = Path.Combine(Checkout.Root, "tests", "unit", area);
        var unknown = File.ReadLines(Path.Combine(folder, "README.md"))
            .Where(line => line.StartsWith('|'))
            .SelectMany(line => UnknownIn(line, area));
        Assert.Equal("", string.Join('\n', unknown));
    }

    /// <summary>The names in the last cell of a row that name nothing.</summary>
    private static IEnumerable<string> UnknownIn(string row, string area)
    {
        Type? last = null;
        foreach (Match match in Quoted().Matches(row.Split('|')[^2]))
        {
            var name = match.Groups[1].Value;
            var parts = name.Split('.');
            (var home, parts) = parts.Length == 3 ? (parts[0], parts[1..]) : (area, parts);
            last = FindTests(parts[0], home) ?? (parts.Length == 1 ? last : null);
            var method = parts.Length > 1 ? parts[1] : FindTests(name, area) is null ? name : "…";
            if (!IsPath(name) && !IsInteropTest(parts) && !IsProductType(name) && (last is null || !HasMethod(last, method)))
            {
                yield return name;
            }
        }
    }

    private static Type? FindTests(string name, string area) =>
        Array.Find(TestTypes, t => t.Name == name && t.Namespace == $"Onetun.{area}.Tests")
        ?? Array.Find(TestTypes, t => t.Name == name && t.Name.EndsWith("Tests", StringComparison.Ordinal));

    private static bool HasMethod(Type type, string pattern)
    {
        var name = new Regex($"^{Regex.Escape(pattern).Replace("…", ".*", StringComparison.Ordinal)}$");
        return type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Any(m => m.GetCustomAttributes<FactAttribute>().Any() && name.IsMatch(m.Name));
    }

    private static bool IsPath(string name) => name.Contains('/') && Path.Exists(Path.Combine(Checkout.Root, name));

    // Which are another assembly, so that their source has to do
    private static bool IsInteropTest(string[] parts)
    {
        var file = Path.Combine(Checkout.Root, "tests", $"{parts[0]}.cs");
        return parts.Length == 2 && parts[0].StartsWith("interop/", StringComparison.Ordinal)
            && File.Exists(file) && File.ReadAllText(file).Contains($" {parts[1]}(", StringComparison.Ordinal);
    }

    private static bool IsProductType(string name) =>
        new[] { "Onetun.WireGuard", "Onetun.NetStack", "Onetun.Tunnel" }
            .Any(assembly => Assembly.Load(assembly).GetTypes().Any(t => t.Name == name));

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
