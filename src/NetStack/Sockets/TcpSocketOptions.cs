namespace Onetun.NetStack;

/// <summary>
/// What may differ from connection to connection. A new one has what its stack's <see cref="IpStackOptions"/> say, and is given
/// others by <c>socket.Options = socket.Options with { Nagle = true }</c>.
/// </summary>
public sealed record TcpSocketOptions
{
    internal TcpSocketOptions()
    {
    }

    /// <inheritdoc cref="IpStackOptions.Nagle"/>
    public bool Nagle { get; init; }

    /// <inheritdoc cref="IpStackOptions.KeepAlive"/>
    public TimeSpan KeepAlive
    {
        get;
        init => field = NotNegative(value);
    }

    /// <inheritdoc cref="IpStackOptions.UserTimeout"/>
    public TimeSpan UserTimeout
    {
        get;
        init => field = NotNegative(value);
    }

    /// <summary>
    /// Largest receive window, bytes, at least 536, the smallest segment that every host takes. What was offered already is not taken back; beyond the stack's
    /// <see cref="IpStackOptions.MaxReceiveBuffer"/>, which the peer was told the scale of, it has no effect.
    /// </summary>
    public int MaxReceiveBuffer
    {
        get;
        init => field = AtLeast(IpStackOptions.SmallestReceiveBuffer, value);
    }

    /// <summary>
    /// Bound of what may wait unacknowledged before writes wait, bytes, at least 1; below it that grows with what the path takes in a
    /// round trip, from <see cref="IpStackOptions.InitialSendBuffer"/> on.
    /// </summary>
    public int MaxSendBuffer
    {
        get;
        init => field = AtLeast(1, value);
    }

    internal static TcpSocketOptions Of(IpStackOptions options) => new()
    {
        Nagle = options.Nagle,
        KeepAlive = options.KeepAlive,
        UserTimeout = options.UserTimeout,
        MaxReceiveBuffer = options.MaxReceiveBuffer,
        MaxSendBuffer = options.MaxSendBuffer,
    };

    private static TimeSpan NotNegative(TimeSpan value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
        return value;
    }

    private static int AtLeast(int least, int value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least);
        return value;
    }
}
