using Onetun.Tunnel.Forwarding;

namespace Onetun.Tunnel;

/// <summary>What a forward has carried since it began. A flow of UDP datagrams counts as a connection.</summary>
public readonly record struct ForwardStatistics
{
    /// <summary>Connections that were established.</summary>
    public long Connections { get; init; }

    /// <summary>Those of them that are open.</summary>
    public long Open { get; init; }

    /// <summary>Connections whose destination could not be reached.</summary>
    public long Failed { get; init; }

    /// <summary>Connections beyond <see cref="ForwardOptions.MaxConnections"/>.</summary>
    public long Refused { get; init; }

    /// <summary>Bytes of payload from whoever connected.</summary>
    public long BytesUp { get; init; }

    /// <summary>Bytes of payload to whoever connected.</summary>
    public long BytesDown { get; init; }

    internal static ForwardStatistics Of(Traffic traffic) => new()
    {
        Connections = traffic.Started,
        Open = traffic.Open,
        Failed = traffic.Failed,
        Refused = traffic.Refused,
        BytesUp = traffic.BytesUp,
        BytesDown = traffic.BytesDown,
    };
}
