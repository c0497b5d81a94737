using Onetun.NetStack;

namespace Onetun.Tunnel;

/// <summary>How a TCP connection is opened.</summary>
public sealed record ConnectOptions
{
    /// <summary>
    /// What it may take, names and the handshake of WireGuard included; more than zero, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>. Default a
    /// minute.
    /// </summary>
    public TimeSpan Timeout
    {
        get;
        init
        {
            if (value != System.Threading.Timeout.InfiniteTimeSpan)
            {
                ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero, nameof(Timeout));
            }

            field = value;
        }
    } = TimeSpan.FromMinutes(1);

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

    internal static ConnectOptions Default { get; } = new();
}
