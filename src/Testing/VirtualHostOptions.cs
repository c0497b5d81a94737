using System.Net;
using Onetun.NetStack;

namespace Onetun.Testing;

/// <summary>What a host of a <see cref="VirtualNetwork"/> is made of.</summary>
public sealed record VirtualHostOptions
{
    /// <summary>
    /// Its addresses, which no other host has; an <see cref="IPAddress"/> is one without a network. Default none: then it is given one,
    /// 10.0.0.1 and so on.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public IReadOnlyList<InterfaceAddress> Addresses
    {
        get;
        init => field = OptionRange.NotNull(value);
    } = [];

    /// <summary>Largest packet, bytes: 576 to 65,535. Default 1420, as in a tunnel.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int Mtu
    {
        get;
        init => field = OptionRange.Between(576, 65_535, value);
    } = 1420;

    /// <summary>The options of all its TCP connections.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public TcpOptions Tcp
    {
        get;
        init => field = OptionRange.NotNull(value);
    } = new();

    /// <summary>The options of all its UDP flows.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public UdpOptions Udp
    {
        get;
        init => field = OptionRange.NotNull(value);
    } = new();

    /// <summary>
    /// What connections may take, in the time of the network, to deliver what was written to them after the host is disposed. Not negative; zero
    /// resets all of them at once. Default 2 seconds.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public TimeSpan DisposeTimeout
    {
        get;
        init => field = OptionRange.AtLeast(TimeSpan.Zero, value);
    } = TimeSpan.FromSeconds(2);
}
