namespace Onetun.Interop;

/// <summary>Where things lie in the checkout these tests were built from.</summary>
internal static class Checkout
{
    /// <summary>The directory of Onetun.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The executable, of the same configuration as these tests.</summary>
    public static string Onetun { get; } = Path.Combine(
        Root, "src", "Forwarder", "bin", Configuration, "net10.0", OperatingSystem.IsWindows() ? "onetun.exe" : "onetun");

#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Onetun.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("Onetun.sln is in no directory above.");
        }

        return directory.FullName;
    }
}
