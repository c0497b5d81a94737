using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Logging;

/// <summary>Has whatever a library logs appear under one name of ours.</summary>
internal sealed class RenamingLoggerFactory(ILoggerFactory inner, string name) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => inner.CreateLogger(name);

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose()
    {
        // It is not ours.
    }
}
