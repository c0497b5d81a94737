using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Logging;

/// <summary>Loggers whose lines go to one writer, which ends with it.</summary>
internal sealed class LogProvider(LogWriter writer, TimeProvider time) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName, time, writer.Write);

    public void Dispose() => writer.Dispose();
}
