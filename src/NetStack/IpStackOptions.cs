namespace Onetun.NetStack;

/// <summary>What an <see cref="IpStack"/> is made of. A value out of range throws where it is set.</summary>
public sealed record IpStackOptions
{
    /// <summary>
    /// The stack's own addresses, at least one; an <see cref="System.Net.IPAddress"/> is one without a network. Packets to others
    /// are dropped, and of several <see cref="InterfaceAddress.SourceFor"/> chooses the source address.
    /// </summary>
    public required IReadOnlyList<InterfaceAddress> Addresses
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfZero(OptionRange.NotNull(value).Count, nameof(Addresses));
            field = value;
        }
    }

    /// <summary>
    /// 32 random bytes, secret: sequence numbers (RFC 6528), ports (RFC 6056), timestamps (RFC 7323 §5.4) and the seed of the flow
    /// table are derived from it.
    /// </summary>
    public required ReadOnlyMemory<byte> Secret
    {
        get;
        init => field = value.Length == FlowSecret.Size
            ? value
            : throw new ArgumentException($"Secret has {value.Length} bytes, not {FlowSecret.Size}.", nameof(Secret));
    }

    /// <summary>Largest packet, bytes: 576 to 65,535. Default 1420.</summary>
    public int Mtu
    {
        get;
        init => field = OptionRange.Between(576, 65535, value);
    } = 1420;

    /// <summary>The options of all TCP connections.</summary>
    public TcpOptions Tcp
    {
        get;
        init => field = OptionRange.NotNull(value);
    } = new();

    /// <summary>The options of all UDP flows.</summary>
    public UdpOptions Udp
    {
        get;
        init => field = OptionRange.NotNull(value);
    } = new();
}
