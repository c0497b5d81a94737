namespace Onetun.Fuzz;

/// <summary>What is left of games that ended.</summary>
internal static class Memory
{
    /// <summary>Pools, caches and compiled code hold about 10 MB, however long the run was.</summary>
    private const long Most = 64_000_000;

    /// <summary>False, and a line that says so, if games leave memory behind.</summary>
    public static bool Check(TextWriter output)
    {
        var left = GC.GetTotalMemory(forceFullCollection: true);
        var isFlat = left < Most;
        if (!isFlat)
        {
            output.WriteLine($"FAULT: {left:N0} bytes are left when all games have ended");
        }

        return isFlat;
    }
}
