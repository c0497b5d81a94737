using System.Text.Json;

namespace Onetun.WireGuard.Tests;

/// <summary>The large files of known answers, which lie beside the checkout and not in it.</summary>
internal static class SharedVectors
{
    /// <summary>Reads one of them, or skips the test with the reason.</summary>
    public static JsonElement Load(string name)
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            string path = Path.Combine(directory.FullName, "shared", "vectors", name);
            if (File.Exists(path))
            {
                using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
                return document.RootElement.Clone();
            }
        }

        Assert.Skip($"shared/vectors/{name} is not beside this checkout.");
        return default;
    }

    public static byte[] Hex(this JsonElement element, string property) =>
        Convert.FromHexString(element.GetProperty(property).GetString()!);

    public static string Text(this JsonElement element, string property) => element.GetProperty(property).GetString()!;

    public static int Number(this JsonElement element, string property) => element.GetProperty(property).GetInt32();
}
