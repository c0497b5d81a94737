using System.Net;
using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Logging;

/// <summary>
/// Every line that the forwarder logs, in the order of the ids. These are in ranges: 10xx start, stop and peers, 11xx the way to
/// the peers, 20xx connections and flows, 21xx their limits and stdio, 3xxx capture, 4xxx what other processes ask of this one,
/// 5xxx faults of ours. An id is never used for anything else, nor is 2002, whose line is gone.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Warning, "{Warning}", EventName = "ConfigurationWarning")]
    public static partial void ConfigurationWarning(this ILogger logger, string warning);

    [LoggerMessage(1001, LogLevel.Information,
        "Tunneling {Protocol} [{Source}]->[{Destination}] (via [{Endpoint}] as peer {SourcePeer})",
        EventName = "Tunneling")]
    public static partial void Tunneling(
        this ILogger logger,
        string protocol,
        EndPoint source,
        EndPoint destination,
        string endpoint,
        IPAddress sourcePeer);

    [LoggerMessage(1002, LogLevel.Information,
        "{Signal} received, waiting up to {Timeout} s for connections to end",
        EventName = "Stopping")]
    public static partial void Stopping(this ILogger logger, string signal, double timeout);

    [LoggerMessage(1003, LogLevel.Information,
        "{Protocol} proxy on [{Source}] into the tunnel (as peer {SourcePeer})",
        EventName = "Proxying")]
    public static partial void Proxying(this ILogger logger, string protocol, EndPoint source, string sourcePeer);

    [LoggerMessage(1004, LogLevel.Information,
        "Metrics on [{Source}]: /metrics, /livez, /readyz, and a page at {Page}",
        EventName = "Measuring")]
    public static partial void Measuring(this ILogger logger, EndPoint source, Uri page);

    [LoggerMessage(1008, LogLevel.Information,
        "Configuration reloaded: forwards {Forwards}, peers {Peers}",
        EventName = "Reloaded")]
    public static partial void Reloaded(this ILogger logger, int forwards, int peers);

    [LoggerMessage(1009, LogLevel.Error,
        "The changed configuration is refused, and the old one stays in force: {Faults}",
        EventName = "ReloadRefused")]
    public static partial void ReloadRefused(this ILogger logger, string faults);

    [LoggerMessage(1010, LogLevel.Error,
        "The changed configuration is in use, but: {Fault}",
        EventName = "ReloadIncomplete")]
    public static partial void ReloadIncomplete(this ILogger logger, string fault);

    [LoggerMessage(1011, LogLevel.Warning,
        "{Lines} lines are missing here: standard error did not take them in time",
        EventName = "LinesLost")]
    public static partial void LinesLost(this ILogger logger, long lines);

    [LoggerMessage(1012, LogLevel.Debug, "Packets are encrypted by {Library}", EventName = "PacketsEncrypted")]
    public static partial void PacketsEncrypted(this ILogger logger, string library);

    [LoggerMessage(2010, LogLevel.Warning,
        "{Protocol} request of {Client} failed: {Reason}",
        EventName = "ProxyRequestFailed")]
    public static partial void ProxyRequestFailed(
        this ILogger logger, string protocol, EndPoint? client, string reason);

    [LoggerMessage(2011, LogLevel.Error, "Failed to connect to {Destination}: {Reason}", EventName = "StdioFailed")]
    public static partial void StdioFailed(this ILogger logger, EndPoint destination, string reason);

    [LoggerMessage(2016, LogLevel.Error,
        "The last {Bytes} bytes for {Destination} were not delivered",
        EventName = "StdioUndelivered")]
    public static partial void StdioUndelivered(this ILogger logger, long bytes, EndPoint destination);

    [LoggerMessage(2103, LogLevel.Warning,
        "Datagrams from {Client} are dropped: the first of an association that needs a password has to come within {Seconds} s, "
        + "unless the client announces its port in the request",
        EventName = "AssociationTooLate")]
    public static partial void AssociationTooLate(this ILogger logger, EndPoint client, double seconds);

    [LoggerMessage(2104, LogLevel.Error, "The connection to {Destination} broke: {Reason}", EventName = "StdioBroke")]
    public static partial void StdioBroke(this ILogger logger, EndPoint destination, string reason);

    [LoggerMessage(2105, LogLevel.Error, "Standard input or output failed: {Reason}", EventName = "StdioFailedItself")]
    public static partial void StdioFailedItself(this ILogger logger, string reason);

    [LoggerMessage(2106, LogLevel.Debug, "Connected to {Destination}: {Holder} has the tunnel", EventName = "StdioConnected")]
    public static partial void StdioConnected(this ILogger logger, EndPoint destination, string holder);

    [LoggerMessage(3000, LogLevel.Information, "Capturing WireGuard IP packets to {File}", EventName = "Capturing")]
    public static partial void Capturing(this ILogger logger, string file);

    [LoggerMessage(3001, LogLevel.Error, "Capture to {File} ended: {Reason}", EventName = "CaptureFailed")]
    public static partial void CaptureFailed(this ILogger logger, string file, string reason);

    [LoggerMessage(3002, LogLevel.Warning,
        "Capture to {File} lacks {Dropped} packets that came faster than they could be written",
        EventName = "CaptureDropped")]
    public static partial void CaptureDropped(this ILogger logger, string file, long dropped);

    [LoggerMessage(3003, LogLevel.Error, "No more keys are written to {File}: {Reason}", EventName = "KeyLogFailed")]
    public static partial void KeyLogFailed(this ILogger logger, string file, string reason);

    [LoggerMessage(3004, LogLevel.Information, "Another process of this user captures {Filter}", EventName = "LiveCaptureBegan")]
    public static partial void LiveCaptureBegan(this ILogger logger, string filter);

    [LoggerMessage(3005, LogLevel.Warning,
        "DANGER: another process of this user is sent the keys of every handshake and this machine's private key. Whoever has them reads "
        + "all traffic, and can pass for this machine",
        EventName = "LiveCaptureHasSecrets")]
    public static partial void LiveCaptureHasSecrets(this ILogger logger);

    [LoggerMessage(3006, LogLevel.Information, "The capture of another process has ended", EventName = "LiveCaptureEnded")]
    public static partial void LiveCaptureEnded(this ILogger logger);

    [LoggerMessage(4000, LogLevel.Warning,
        "'onetun status' will not find this process: {Reason}",
        EventName = "ControlFailed")]
    public static partial void ControlFailed(this ILogger logger, string reason);

    [LoggerMessage(4001, LogLevel.Warning,
        "'onetun stdio' cannot go through this process: {Reason}",
        EventName = "GateFailed")]
    public static partial void GateFailed(this ILogger logger, string reason);

    [LoggerMessage(5000, LogLevel.Error,
        "A fault in onetun, which goes on without {Where}. Please report this: {Fault}",
        EventName = "Faulted")]
    public static partial void Faulted(this ILogger logger, string where, string fault);
}
