using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>Who can be connected to; the errors are those of .NET's own sockets, with what is wrong.</summary>
internal static class Destination
{
    /// <exception cref="SocketException">Nothing can be sent there.</exception>
    public static IpAddress Of(IpStack stack, IPEndPoint remote)
    {
        var address = IpAddress.From(remote.Address);
        return !address.IsUnspecified && remote.Port != 0 ? Reachable(stack, address) : throw new SocketException(
            (int)SocketError.AddressNotAvailable, $"{remote} is not an address and a port to connect to.");
    }

    /// <exception cref="SocketException">There is no one host there (RFC 9293 MUST-57).</exception>
    public static IpAddress OfTcp(IpStack stack, IPEndPoint remote) => OneHost(Of(stack, remote));

    /// <exception cref="SocketException">There is no one host there.</exception>
    public static IpAddress OfHost(IpStack stack, IPAddress remote)
    {
        var address = IpAddress.From(remote);
        return !address.IsUnspecified ? OneHost(Reachable(stack, address)) : throw new SocketException(
            (int)SocketError.AddressNotAvailable, $"{remote} is not the address of a host.");
    }

    private static IpAddress Reachable(IpStack stack, in IpAddress address) =>
        stack.HasAddressLike(address) ? address : throw new SocketException(
            (int)SocketError.AddressFamilyNotSupported,
            $"There is no {(address.IsIPv4 ? "IPv4" : "IPv6")} address on this side to reach {address} from.");

    private static IpAddress OneHost(in IpAddress address) =>
        !address.IsMulticast && !address.IsBroadcast ? address : throw new SocketException(
            (int)SocketError.NetworkUnreachable, $"{address} is not the address of one host.");

    /// <summary>Why nothing could be opened towards a destination that can be reached.</summary>
    public static SocketException NoneFree(int count, int limit, string option) => count >= limit
        ? new SocketException((int)SocketError.NoBufferSpaceAvailable, $"There are {count} already, as many as {option} allows.")
        : new SocketException((int)SocketError.AddressNotAvailable, "No port is free.");
}
