namespace Onetun.Testing;

/// <summary>What chance is made of: equal in every process, unlike the hash codes of .NET.</summary>
internal static class Seed
{
    /// <summary>A seed for one purpose, from that of the network and the names of whom it is for.</summary>
    public static int For(int seed, params ReadOnlySpan<string> names)
    {
        // FNV-1a
        const uint Prime = 16_777_619;
        var hash = unchecked(2_166_136_261 ^ (uint)seed) * (ulong)Prime;
        foreach (var name in names)
        {
            foreach (var letter in name)
            {
                hash = unchecked((uint)hash ^ letter) * (ulong)Prime;
            }

            hash = unchecked((uint)hash ^ char.MaxValue) * (ulong)Prime;
        }

        return unchecked((int)(uint)hash);
    }
}
