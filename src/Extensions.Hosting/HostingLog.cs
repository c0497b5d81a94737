using System.Net;
using Microsoft.Extensions.Logging;

namespace Onetun.Extensions.Hosting;

/// <summary>Every line that a host logs of its tunnels, in the order of the ids: 30xx, beside those of the tunnels themselves.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(3000, LogLevel.Information, "Tunnel {Name} is up at [{EndPoint}], with the public key {PublicKey}", EventName = "TunnelStarted")]
    public static partial void Started(this ILogger logger, string name, string publicKey, IPEndPoint endPoint);

    [LoggerMessage(3001, LogLevel.Information, "The peers of tunnel {Name} have changed: {Count} in all", EventName = "PeersReloaded")]
    public static partial void Reloaded(this ILogger logger, string name, int count);

    [LoggerMessage(3002, LogLevel.Warning,
        "Tunnel {Name} goes on with its key and addresses: {Source} has changed more than peers, which needs a new start",
        EventName = "ReloadIncomplete")]
    public static partial void ReloadIncomplete(this ILogger logger, string name, string source);

    [LoggerMessage(3003, LogLevel.Error, "Tunnel {Name} goes on as it was, for the change is wrong: {Reason}", EventName = "ReloadRefused")]
    public static partial void ReloadRefused(this ILogger logger, string name, string reason);

    [LoggerMessage(3004, LogLevel.Warning, "Tunnel {Name}: {Source}: {Warning}", EventName = "SourceWarning")]
    public static partial void SourceWarning(this ILogger logger, string name, string source, string warning);
}
