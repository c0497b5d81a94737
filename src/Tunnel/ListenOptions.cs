using Onetun.NetStack;

namespace Onetun.Tunnel;

/// <summary>How a port takes TCP connections.</summary>
public sealed record ListenOptions
{
    /// <summary>Keepalives, Nagle's algorithm, buffers. Default null: those of the network's other connections.</summary>
    public TcpSocketOptions? Socket { get; init; }

    /// <summary>
    /// How long disposing a connection waits until the other end has all that was written; not negative. Zero does not wait, and delivers behind the
    /// program's back. Default 2 seconds.
    /// </summary>
    public TimeSpan Linger
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero, nameof(Linger));
            field = value;
        }
    } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Connections held until they are accepted, and as many half-open ones; at least 1. Default null: <see cref="TcpOptions.Backlog"/>, 1,024
    /// unless set otherwise. Beyond it new connections wait for as long as their client tries.
    /// </summary>
    public int? Backlog
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1, nameof(Backlog));
            field = value;
        }
    }

    internal static ListenOptions Default { get; } = new();
}
