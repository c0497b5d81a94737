using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Onetun.Tunnel;

namespace Onetun.AspNetCore;

/// <summary>A port of all our addresses in a network of the process, for Kestrel to listen on.</summary>
public sealed class TunnelEndPoint : EndPoint
{
    private readonly object _network;

    /// <summary>A port in the network that is a service of a name.</summary>
    /// <param name="network">The key of a <see cref="TunnelNetwork"/>, which is asked for when the server starts.</param>
    /// <param name="port">0 to 65,535; 0 takes any free one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    public TunnelEndPoint(string network, int port)
        : this(port, network)
    {
        ArgumentException.ThrowIfNullOrEmpty(network);
    }

    /// <summary>A port in a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="port">0 to 65,535; 0 takes any free one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    public TunnelEndPoint(TunnelNetwork network, int port)
        : this(port, network)
    {
        ArgumentNullException.ThrowIfNull(network);
    }

    private TunnelEndPoint(int port, object network)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, IPEndPoint.MinPort);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        (_network, Port) = (network, port);
    }

    /// <summary>The port; 0 for any free one.</summary>
    public int Port { get; }

    /// <summary>As Kestrel logs it when it cannot be had.</summary>
    public override string ToString() => _network is string name ? $"{name}:{Port}" : $"tunnel:{Port}";

    internal TunnelNetwork FindNetwork(IServiceProvider services) => _network as TunnelNetwork
        ?? services.GetKeyedService<TunnelNetwork>(_network)
        ?? throw new InvalidOperationException($"There is no network {_network} among the services: AddWireGuardTunnel(\"{_network}\", …) adds it.");
}
