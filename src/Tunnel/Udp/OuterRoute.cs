using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;

namespace Onetun.Tunnel;

/// <summary>
/// How encrypted datagrams find their way out: by an interface, and by the routing rules for a mark. Every socket that sends
/// them, or that asks the routing table, is made here.
/// </summary>
/// <param name="Interface">The interface's name; null is any.</param>
/// <param name="Mark">Linux's SO_MARK; 0 is none.</param>
internal sealed record OuterRoute(string? Interface = null, uint Mark = 0)
{
    /// <summary>What <see cref="CanMark"/> takes.</summary>
    public const string WhatMarkingNeeds = "marking datagrams needs Linux and CAP_NET_ADMIN";

    private const int SocketLevel = 1; // Linux's SOL_SOCKET
    private const int BindToDevice = 25; // SO_BINDTODEVICE
    private const int MarkOption = 36; // SO_MARK

    /// <summary>Whether this process may mark what it sends.</summary>
    public static bool CanMark()
    {
        try
        {
            using var socket = new OuterRoute(Mark: 1).CreateSocket(AddressFamily.InterNetwork);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>
    /// The system's number for the interface, a new one once it has been removed and made again; 0 while there is none.
    /// </summary>
    public int InterfaceIndex() => Interface is null ? 0 : IndexOf(Interface);

    /// <summary>A UDP socket, bound to no address yet.</summary>
    /// <exception cref="SocketException">
    /// There is no such interface, this process may not mark, or the system has no such thing.
    /// </exception>
    public Socket CreateSocket(AddressFamily family)
    {
        var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (Mark != 0)
            {
                SetMark(socket);
            }

            if (Interface is not null)
            {
                SetInterface(socket, Interface);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void SetMark(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new SocketException((int)SocketError.OperationNotSupported, "only Linux marks datagrams");
        }

        try
        {
            socket.SetRawSocketOption(SocketLevel, MarkOption, BitConverter.GetBytes(Mark));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new SocketException((int)error.SocketErrorCode, $"setting the mark 0x{Mark:x} needs CAP_NET_ADMIN or CAP_NET_RAW");
        }
    }

    private static void SetInterface(Socket socket, string name)
    {
        if (OperatingSystem.IsLinux())
        {
            BindTo(socket, name);
        }
        else if (OperatingSystem.IsMacOS())
        {
            // Sockets of IPv6 and of IPv4 have an option each: IPV6_BOUND_IF, IP_BOUND_IF
            var (level, option) = socket.AddressFamily == AddressFamily.InterNetworkV6 ? (41, 125) : (0, 25);
            var index = IndexOf(name);
            socket.SetRawSocketOption(level, option, BitConverter.GetBytes(index != 0 ? index : throw Missing(name)));
        }
        else
        {
            throw new SocketException(
                (int)SocketError.OperationNotSupported, "only Linux and macOS bind to an interface; elsewhere an address of it serves");
        }
    }

    private static void BindTo(Socket socket, string device)
    {
        try
        {
            socket.SetRawSocketOption(SocketLevel, BindToDevice, Encoding.UTF8.GetBytes($"{device}\0"));
        }
        catch (SocketException error) when (error.SocketErrorCode != SocketError.AccessDenied)
        {
            throw Missing(device); // ENODEV, which .NET has no name for
        }
    }

    private static int IndexOf(string name)
    {
        try
        {
            var found = Array.Find(NetworkInterface.GetAllNetworkInterfaces(), one => one.Name == name)?.GetIPProperties();
            return found is null ? 0 : Socket.OSSupportsIPv4 ? found.GetIPv4Properties().Index : found.GetIPv6Properties().Index;
        }
        catch (NetworkInformationException)
        {
            return 0; // It is being removed, or a sandbox does not let us look
        }
    }

    private static SocketException Missing(string name) =>
        new((int)SocketError.AddressNotAvailable, $"there is no network interface {name}");
}
