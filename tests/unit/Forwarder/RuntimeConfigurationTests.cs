using System.Text.Json;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>How the runtime is told to behave, read from what is built and shipped.</summary>
public sealed class RuntimeConfigurationTests
{
    [Theory]
    [InlineData("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit", "0")]
    [InlineData("System.GC.Concurrent", "False")]
    [InlineData("System.Runtime.TieredPGO", "False")]
    public void Runtime_is_configured(string name, string value)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "onetun.runtimeconfig.json")));
        var properties = file.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties");
        Assert.Equal(value, properties.GetProperty(name).ToString());
    }
}
