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
            var path = Path.Combine(directory.FullName, "shared", "vectors", name);
            if (File.Exists(path))
            {
                using var document = JsonDocument.Parse(File.ReadAllBytes(path));
                return document.RootElement.Clone();
            }
        }

        Assert.Skip($"shared/vectors/{name} is not beside this checkout.");
        return default;
    }

    /// <summary>The tests of a Wycheproof file.</summary>
    public static IEnumerable<JsonElement> Wycheproof(string name) =>
        Load(name)
            .GetProperty("testGroups")
            .EnumerateArray()
            .SelectMany(group => group.GetProperty("tests").EnumerateArray());

    /// <summary>Of a test of an AEAD: what is valid is reproduced both ways, what is not is not opened.</summary>
    public static void AssertAead(
        JsonElement test,
        Action<byte[], byte[], byte[]> seal,
        Func<byte[], byte[], byte[], bool> tryOpen)
    {
        byte[] expected = [.. test.Hex("ct"), .. test.Hex("tag")];
        var plaintext = new byte[expected.Length - Aead.TagSize];
        var isValid = test.Text("result") == "valid";
        Assert.Equal(isValid, tryOpen(test.Hex("aad"), expected, plaintext));
        if (isValid)
        {
            var sealedBytes = new byte[expected.Length];
            seal(test.Hex("aad"), test.Hex("msg"), sealedBytes);
            Assert.Equal(expected, sealedBytes);
            Assert.Equal(test.Hex("msg"), plaintext);
        }
    }

    public static byte[] Hex(this JsonElement element, string property) =>
        Convert.FromHexString(element.GetProperty(property).GetString()!);

    public static string Text(this JsonElement element, string property) => element.GetProperty(property).GetString()!;

    public static int Number(this JsonElement element, string property) => element.GetProperty(property).GetInt32();
}
