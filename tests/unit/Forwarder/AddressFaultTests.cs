using System.Net;
using CsCheck;
using Onetun.NetStack;
using Onetun.Tunnel.Text;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>Which addresses a host can have: the forwarder and the library are of one mind.</summary>
public sealed class AddressFaultTests
{
    private static readonly string[] Edges =
        ["0.0.0.0", "0.255.255.255", "127.0.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "::2", "ff02::1", "fe80::1"];

    private static readonly Gen<IPAddress> Addresses = Gen.OneOf(
        Gen.Byte.Array[4].Select(bytes => new IPAddress(bytes)),
        Gen.Byte.Array[4].Select(bytes => new IPAddress(bytes).MapToIPv6()),
        Gen.Byte.Array[16].Select(bytes => new IPAddress(bytes)),
        Gen.Int[0, Edges.Length - 1].Select(edge => IPAddress.Parse(Edges[edge])));

    [Fact]
    public void An_address_is_refused_by_name_if_the_library_would_refuse_it() => Addresses.Sample(
        address => AddressFault.OfOurs(address) is null == CanBeOurs(address), iter: 100_000);

    private static bool CanBeOurs(IPAddress address)
    {
        try
        {
            _ = new InterfaceAddress(address, 0);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
