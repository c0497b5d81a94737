using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Onetun.Tunnel.Text;

/// <summary>IPv4 addresses as a socket for both families calls them (RFC 4291 §2.5.5.2).</summary>
internal static class MappedAddress
{
    /// <summary>The same place by its IPv4 address, where it has one.</summary>
    [return: NotNullIfNotNull(nameof(endPoint))]
    public static EndPoint? Unmap(EndPoint? endPoint) => endPoint is IPEndPoint ip ? Unmap(ip) : endPoint;

    /// <inheritdoc cref="Unmap(EndPoint?)"/>
    public static IPEndPoint Unmap(IPEndPoint endPoint) => endPoint.Address.IsIPv4MappedToIPv6
        ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port)
        : endPoint;

    /// <inheritdoc cref="Unmap(EndPoint?)"/>
    public static IPAddress Unmap(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
