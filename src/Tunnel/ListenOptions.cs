using Onetun.NetStack;

namespace Onetun.Tunnel;

/// <summary>How a port takes TCP connections.</summary>
public sealed record ListenOptions
{
    /// <summary>Keepalives, Nagle's algorithm, buffers, linger. Default null: those of the network's other connections.</summary>
    public TcpSocketOptions? Socket { get; init; }

    internal static ListenOptions Default { get; } = new();
}
