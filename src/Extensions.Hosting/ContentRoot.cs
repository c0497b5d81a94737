using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Onetun.Extensions.Hosting;

/// <summary>Where the files of a host are, as its appsettings.json is.</summary>
internal static class ContentRoot
{
    /// <summary>A path from the host's content root; as it is where there is no host, or no path.</summary>
    [return: NotNullIfNotNull(nameof(path))]
    public static string? PathFrom(IServiceProvider services, string? path) =>
        string.IsNullOrEmpty(path) || services.GetService<IHostEnvironment>() is not { ContentRootPath: { } root } ? path : Path.Combine(root, path);
}
