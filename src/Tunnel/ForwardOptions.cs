using Onetun.Tunnel.Forwarding;

namespace Onetun.Tunnel;

/// <summary>What bounds a forward.</summary>
public sealed record ForwardOptions
{
    internal static ForwardOptions Default { get; } = new();

    /// <summary>
    /// TCP connections, or UDP clients, at once; at least 1. Further connections are reset, and a further client ends the flow that has been silent for
    /// longest. Default null: for TCP as many as the network holds, for UDP 1,024.
    /// </summary>
    public int? MaxConnections
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1, nameof(MaxConnections));
            field = value;
        }
    }

    /// <summary>
    /// How long a connection, or a UDP client's flow, may be silent both ways before it is ended; more than zero. Default null: for TCP for ever, for UDP
    /// a minute.
    /// </summary>
    public TimeSpan? IdleTimeout
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(IdleTimeout));
            field = value;
        }
    }

    internal TcpLimits Tcp => new() { MaximumConnections = MaxConnections, IdleTimeout = IdleTimeout };

    internal UdpLimits Udp
    {
        get
        {
            var limits = new UdpLimits();
            return limits with { MaximumFlows = MaxConnections ?? limits.MaximumFlows, IdleTimeout = IdleTimeout ?? limits.IdleTimeout };
        }
    }
}
