using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>Ports that datagrams come to, and leave from, whoever is at the other end.</summary>
public abstract partial class StackDriver
{
    /// <summary>Takes a port for datagrams from anybody to anybody; no listener can have it too.</summary>
    /// <param name="local">The address, where 0.0.0.0 and :: each stand for all of both IP versions, and the port; 0 takes any free one.</param>
    /// <exception cref="SocketException">
    /// The address is not one of the stack's, the port is in use there or on all, or the driver was closed.
    /// </exception>
    public UdpPort BindUdp(IPEndPoint local)
    {
        var address = ListenAddress(local);
        using var turn = BeginTurn();
        ThrowIfEnded();
        var inbox = Stack.Udp.Bind(local.Port, address) ?? throw new SocketException((int)SocketError.AddressAlreadyInUse);
        return new UdpPort(this, inbox);
    }
}
