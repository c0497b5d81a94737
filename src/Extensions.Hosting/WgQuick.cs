using Onetun.Tunnel;

namespace Onetun.Extensions.Hosting;

/// <summary>Reads files of wg-quick(8).</summary>
internal static class WgQuick
{
    /// <summary>The options that a file has; throws what <see cref="ITunnelSource.Read"/> may.</summary>
    public static TunnelOptions Load(string path) => WgQuickConfiguration.Load(path).ToOptions();
}
