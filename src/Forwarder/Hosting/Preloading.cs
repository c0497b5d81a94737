using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Onetun.Forwarder.Hosting;

/// <summary>
/// Loads the code that serving takes before anybody is served: an assembly that is first needed when no descriptor is left
/// fails to load, and the runtime does not try it again.
/// </summary>
internal static class Preloading
{
    private const string OfWindows = "System.ServiceProcess.ServiceController";

    /// <summary>Loads what our own assemblies refer to, and what the trace of a fault needs.</summary>
    public static void Run()
    {
        // In a program compiled ahead of time all of it is in one file.
        if (RuntimeFeature.IsDynamicCodeSupported)
        {
            Load(typeof(Preloading).Assembly, []);
        }

        try
        {
            throw new InvalidOperationException();
        }
        catch (InvalidOperationException fault)
        {
            // The text of a fault takes symbols, which are read here.
            _ = fault.ToString();
        }
    }

    [UnconditionalSuppressMessage(
        "Trimming", "IL2026", Justification = "An assembly that was trimmed away is not found, and nobody needs it.")]
    private static void Load(Assembly assembly, HashSet<string> loaded)
    {
        foreach (var name in assembly.GetReferencedAssemblies())
        {
            if (!loaded.Add(name.FullName) || (name.Name == OfWindows && !OperatingSystem.IsWindows()))
            {
                continue;
            }

            try
            {
                var reference = Assembly.Load(name);
                if (reference.GetName().Name!.StartsWith("Onetun.", StringComparison.Ordinal))
                {
                    Load(reference, loaded);
                }
            }
            catch (IOException)
            {
                // Whoever needs what is not there will say so.
            }
        }
    }
}
