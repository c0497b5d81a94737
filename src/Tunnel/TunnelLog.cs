using System.Net;
using Microsoft.Extensions.Logging;

namespace Onetun.Tunnel;

/// <summary>
/// Every line that a tunnel and its forwards log, in the order of the ids. These are in ranges: 10xx peers, 11xx the way to them, 20xx
/// connections and flows, 21xx their limits. An id is never used for anything else, nor is 2002, whose line is gone.
/// </summary>
internal static partial class TunnelLog
{
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

    [LoggerMessage(1013, LogLevel.Information, "[{Name}] is at [{Endpoint}]", EventName = "EndpointFound")]
    public static partial void EndpointFound(this ILogger logger, string name, IPEndPoint endpoint);

    [LoggerMessage(1016, LogLevel.Warning,
        "No address has been found for [{Name}] in {Seconds} s: its peer cannot be reached; the name is looked up again and again",
        EventName = "EndpointUnknown")]
    public static partial void EndpointUnknown(this ILogger logger, string name, int seconds);

    [LoggerMessage(1014, LogLevel.Warning,
        "{Count} handshakes with [{Endpoint}] in {Seconds} s, where one in two minutes is enough: is somebody else using our "
        + "private key? Each takes the other's session, and connections stall",
        EventName = "SessionsTaken")]
    public static partial void SessionsTaken(this ILogger logger, string endpoint, int count, double seconds);

    [LoggerMessage(1015, LogLevel.Warning,
        "The tunnel at [{EndPoint}] is used by nobody any more, and nobody has disposed it: its socket, its thread and its keys stay until the process ends",
        EventName = "Forgotten")]
    public static partial void Forgotten(this ILogger logger, IPEndPoint endPoint);

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

    [LoggerMessage(2012, LogLevel.Information,
        "[[{Port}:TCP]] Connection ended with its forward ({BytesUp} bytes up, {BytesDown} down)",
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

    [LoggerMessage(2101, LogLevel.Warning,
        "Clients of [{Source}], and further ones, wait until others have gone: it holds {Used} of the {Capacity} file "
        + "descriptors that the limit of this process leaves for connections; raise it to serve more (ulimit -n, LimitNOFILE=)",
        EventName = "DescriptorsShort")]
    public static partial void DescriptorsShort(this ILogger logger, EndPoint source, int used, int capacity);

    [LoggerMessage(2102, LogLevel.Information,
        "There are file descriptors for all clients again",
        EventName = "DescriptorsSuffice")]
    public static partial void DescriptorsSuffice(this ILogger logger);
}
