using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>What Linux says of the sockets that datagrams leave by.</summary>
public sealed class OuterRouteTests
{
    private const int SocketLevel = 1;
    private const int BindToDevice = 25;
    private const int Mark = 36;

    public OuterRouteTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");

    [Theory, InlineData(AddressFamily.InterNetwork), InlineData(AddressFamily.InterNetworkV6)]
    public void Socket_is_bound_to_the_interface(AddressFamily family)
    {
        using var socket = new OuterRoute("lo").CreateSocket(family);
        Assert.Equal("lo", InterfaceOf(socket));
    }

    [Fact]
    public void Missing_interface_is_named()
    {
        var error = Assert.ThrowsAny<SocketException>(() => new OuterRoute("none0").CreateSocket(AddressFamily.InterNetwork));
        Assert.Equal("there is no network interface none0", error.Message);
    }

    [Fact]
    public void Socket_has_the_mark_where_this_process_may_set_one()
    {
        var route = new OuterRoute(Mark: 0xca6c);
        if (!OuterRoute.CanMark())
        {
            var error = Assert.ThrowsAny<SocketException>(() => route.CreateSocket(AddressFamily.InterNetwork));
            Assert.Equal("setting the mark 0xca6c needs CAP_NET_ADMIN or CAP_NET_RAW", error.Message);
            return;
        }

        using var socket = route.CreateSocket(AddressFamily.InterNetwork);
        var mark = new byte[sizeof(uint)];
        socket.GetRawSocketOption(SocketLevel, Mark, mark);
        Assert.Equal(0xca6cu, BitConverter.ToUInt32(mark));
    }

    [Fact]
    public void Transport_leaves_by_the_interface()
    {
        var options = new UdpTransportOptions() { BindInterface = "lo" };
        using var socket = UdpTransport.Bind(new IPEndPoint(IPAddress.Any, 0), options);
        Assert.Equal("lo", InterfaceOf(socket));
    }

    [Fact]
    public void Routing_table_is_asked_for_the_way_by_the_interface()
    {
        var loopback = new IPEndPoint(IPAddress.Loopback, 9);
        Assert.Equal(IPAddress.Loopback, NetworkWatch.SourceFor(loopback, new OuterRoute("lo")));
        Assert.Null(NetworkWatch.SourceFor(loopback, new OuterRoute("none0")));
    }

    private static string InterfaceOf(Socket socket)
    {
        var name = new byte[16];
        var length = socket.GetRawSocketOption(SocketLevel, BindToDevice, name);
        return Encoding.UTF8.GetString(name, 0, length).TrimEnd('\0');
    }
}
