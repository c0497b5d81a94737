using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Onetun.AspNetCore;

/// <summary>Listens in networks of the process, beside the transports of other endpoints.</summary>
internal sealed class TunnelTransportFactory(IServiceProvider services) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is TunnelEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var local = (TunnelEndPoint)endpoint;
        try
        {
            return ValueTask.FromResult<IConnectionListener>(new TunnelConnectionListener(local.FindNetwork(services).Listen(local.Port)));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(error.Message, error);
        }
    }
}
