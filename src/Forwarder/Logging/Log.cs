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

    [LoggerMessage(1005, LogLevel.Warning,
        "No answer to the WireGuard handshake from [{Endpoint}] for 5 s, still trying: are address and keys right, does the "
        + "peer know ours, does a firewall drop UDP?",
        EventName = "HandshakeUnanswered")]
    public static partial void HandshakeUnanswered(this ILogger logger, string endpoint);

    [LoggerMessage(1006, LogLevel.Information,
        "[{Endpoint}] answers the WireGuard handshake now",
        EventName = "HandshakeAnswered")]
    public static partial void HandshakeAnswered(this ILogger logger, string endpoint);

    [LoggerMessage(1007, LogLevel.Information,
        "[{Name}] does not answer, trying [{Endpoint}]",
        EventName = "EndpointMoved")]
    public static partial void EndpointMoved(this ILogger logger, string name, IPEndPoint endpoint);

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

    [LoggerMessage(1013, LogLevel.Information, "[{Name}] is at [{Endpoint}]", EventName = "EndpointFound")]
    public static partial void EndpointFound(this ILogger logger, string name, IPEndPoint endpoint);

    [LoggerMessage(1014, LogLevel.Warning,
        "{Count} handshakes with [{Endpoint}] in {Seconds} s, where one in two minutes is enough: is somebody else using our "
        + "private key? Each takes the other's session, and connections stall",
        EventName = "SessionsTaken")]
    public static partial void SessionsTaken(this ILogger logger, string endpoint, int count, double seconds);

    [LoggerMessage(1101, LogLevel.Warning,
        "The path to [{Endpoint}] carries packets of at most {Found} bytes inside the tunnel, not {Mtu}: longer ones are lost, "
        + "so none are sent{Advice}",
        EventName = "PathNarrow")]
    public static partial void PathNarrow(this ILogger logger, string endpoint, int found, int mtu, string advice);

    [LoggerMessage(1102, LogLevel.Information,
        "The path to [{Endpoint}] carries packets of {Mtu} bytes again, as far as is known",
        EventName = "PathWide")]
    public static partial void PathWide(this ILogger logger, string endpoint, int mtu);

    [LoggerMessage(1103, LogLevel.Warning,
        "The network interface {Name} is gone: nothing reaches a peer until it is back",
        EventName = "InterfaceGone")]
    public static partial void InterfaceGone(this ILogger logger, string name);

    [LoggerMessage(1104, LogLevel.Information, "The network interface {Name} is back", EventName = "InterfaceBack")]
    public static partial void InterfaceBack(this ILogger logger, string name);

    [LoggerMessage(2000, LogLevel.Information,
        "[[{Port}:TCP]] Incoming connection from {Client}",
        EventName = "IncomingConnection")]
    public static partial void IncomingConnection(this ILogger logger, int port, EndPoint? client);

    [LoggerMessage(2001, LogLevel.Information,
        "[[{Port}:TCP]] Connection closed by {Side} ({BytesUp} bytes up, {BytesDown} down)",
        EventName = "ConnectionClosed")]
    public static partial void ConnectionClosed(this ILogger logger, int port, string side, long bytesUp, long bytesDown);

    [LoggerMessage(2003, LogLevel.Information,
        "[[{Port}:TCP]] Connection broken by {Side}: {Reason}",
        EventName = "ConnectionBroken")]
    public static partial void ConnectionBroken(this ILogger logger, int port, string side, string? reason);

    [LoggerMessage(2004, LogLevel.Warning,
        "Connection from {Client} to [{Destination}] failed: {Reason}",
        EventName = "ConnectFailed")]
    public static partial void ConnectFailed(
        this ILogger logger, EndPoint? client, EndPoint destination, string reason);

    [LoggerMessage(2005, LogLevel.Error, "Failed to accept on [{Source}]: {Reason}", EventName = "AcceptFailed")]
    public static partial void AcceptFailed(this ILogger logger, EndPoint source, string reason);

    [LoggerMessage(2006, LogLevel.Error,
        "A connection ended because of a fault in onetun: {Fault}",
        EventName = "ConnectionFaulted")]
    public static partial void ConnectionFaulted(this ILogger logger, string fault);

    [LoggerMessage(2007, LogLevel.Debug, "[[{Port}:UDP]] Datagrams from {Client}", EventName = "FlowStarted")]
    public static partial void FlowStarted(this ILogger logger, int port, EndPoint? client);

    [LoggerMessage(2008, LogLevel.Debug, "[[{Port}:UDP]] Datagram lost: {Reason}", EventName = "FlowError")]
    public static partial void FlowError(this ILogger logger, int port, string reason);

    [LoggerMessage(2009, LogLevel.Debug, "Datagram lost at [{Source}]: {Reason}", EventName = "DatagramDropped")]
    public static partial void DatagramDropped(this ILogger logger, EndPoint source, string reason);

    [LoggerMessage(2010, LogLevel.Warning,
        "{Protocol} request of {Client} failed: {Reason}",
        EventName = "ProxyRequestFailed")]
    public static partial void ProxyRequestFailed(
        this ILogger logger, string protocol, EndPoint? client, string reason);

    [LoggerMessage(2011, LogLevel.Error, "Failed to connect to {Destination}: {Reason}", EventName = "StdioFailed")]
    public static partial void StdioFailed(this ILogger logger, EndPoint destination, string reason);

    [LoggerMessage(2012, LogLevel.Information,
        "[[{Port}:TCP]] Connection ended by the shutdown ({BytesUp} bytes up, {BytesDown} down)",
        EventName = "ConnectionStopped")]
    public static partial void ConnectionStopped(this ILogger logger, int port, long bytesUp, long bytesDown);

    [LoggerMessage(2013, LogLevel.Information,
        "[[{Port}:TCP]] Connection ended after too long a silence ({BytesUp} bytes up, {BytesDown} down)",
        EventName = "ConnectionIdle")]
    public static partial void ConnectionIdle(this ILogger logger, int port, long bytesUp, long bytesDown);

    [LoggerMessage(2014, LogLevel.Warning,
        "{Client} and further clients are refused: there are {Count} connections, the most allowed",
        EventName = "ConnectionsFull")]
    public static partial void ConnectionsFull(this ILogger logger, int count, EndPoint? client);

    [LoggerMessage(2016, LogLevel.Error,
        "The last {Bytes} bytes for {Destination} were not delivered",
        EventName = "StdioUndelivered")]
    public static partial void StdioUndelivered(this ILogger logger, long bytes, EndPoint destination);

    [LoggerMessage(2101, LogLevel.Warning,
        "Clients of [{Source}], and further ones, wait until others have gone: it holds {Used} of the {Capacity} file "
        + "descriptors that the limit of this process leaves for connections; raise it to serve more (ulimit -n, LimitNOFILE=)",
        EventName = "DescriptorsShort")]
    public static partial void DescriptorsShort(this ILogger logger, EndPoint source, int used, int capacity);

    [LoggerMessage(2102, LogLevel.Information,
        "There are file descriptors for all clients again",
        EventName = "DescriptorsSuffice")]
    public static partial void DescriptorsSuffice(this ILogger logger);

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
