using System.Net;

namespace Onetun.NetStack;

/// <summary>One of a stack's TCP connections, at one moment.</summary>
public readonly record struct TcpConnectionStatistics
{
    /// <summary>Our address and port.</summary>
    public IPEndPoint LocalEndPoint { get; init; }

    /// <summary>The peer's address and port.</summary>
    public IPEndPoint RemoteEndPoint { get; init; }

    /// <summary>How far it is open.</summary>
    public TcpState State { get; init; }

    /// <summary>What it has carried, and what is known of its path.</summary>
    public TcpStatistics Statistics { get; init; }

    internal static TcpConnectionStatistics Of(TcpConnection connection) => new()
    {
        LocalEndPoint = new IPEndPoint(connection.Flow.Local.ToIPAddress(), connection.Flow.LocalPort),
        RemoteEndPoint = new IPEndPoint(connection.Flow.Remote.ToIPAddress(), connection.Flow.RemotePort),
        State = connection.State,
        Statistics = TcpStatistics.Of(connection),
    };
}
