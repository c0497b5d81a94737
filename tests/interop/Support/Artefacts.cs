namespace Onetun.Interop;

/// <summary>What eng/publish.sh has built, in the directory that ONETUN_ARTEFACTS names.</summary>
internal static class Artefacts
{
    private static readonly string Root = Environment.GetEnvironmentVariable("ONETUN_ARTEFACTS") ?? "";

    /// <summary>The one file whose name fits; skips the running test where none is.</summary>
    public static string Find(string pattern)
    {
        Assert.SkipWhen(Root.Length == 0, "ONETUN_ARTEFACTS names no directory in which eng/publish.sh has built");
        var found = Directory.GetFiles(Root, pattern);
        Assert.SkipWhen(found.Length == 0, $"eng/publish.sh has built no {pattern} here");
        return Assert.Single(found);
    }

    /// <summary>The directory itself; skips the running test where there is no such file in it.</summary>
    public static string DirectoryWith(string pattern) => Path.GetDirectoryName(Find(pattern))!;
}
