using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Proxies;

/// <summary>Type, address and port of a host, as SOCKS writes them (RFC 1928 §5).</summary>
internal static class SocksAddress
{
    /// <summary>Bytes of the longest: that of a name of 255.</summary>
    public const int Longest = 2 + byte.MaxValue + 2;

    private const byte IPv4 = 1;
    private const byte DomainName = 3;
    private const byte IPv6 = 4;

    public static bool IsType(byte type) => type is IPv4 or DomainName or IPv6;

    /// <summary>How many bytes it is, by its first two; 0 if its type is unknown.</summary>
    public static int LengthOf(byte type, byte first) => type switch
    {
        IPv4 => 1 + 4 + 2,
        IPv6 => 1 + 16 + 2,
        DomainName => 2 + first + 2,
        _ => 0,
    };

    /// <summary>Reads a whole one; null if no host has such a name.</summary>
    public static EndPoint? Read(ReadOnlySpan<byte> bytes)
    {
        var host = bytes[1..^2];
        var port = ReadPort(bytes);
        if (bytes[0] != DomainName)
        {
            return new IPEndPoint(new IPAddress(host), port);
        }

        // Names are logged, so they must not have blanks or anything that a terminal would obey.
        var name = host[1..];
        if (name.IsEmpty || name.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return null;
        }

        // Some clients leave the brackets of a URL around an address.
        var text = Encoding.ASCII.GetString(name);
        return NamedEndPoint.Of(text is ['[', .. var inner, ']'] ? inner : text, port);
    }

    public static int ReadPort(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes[^2..]);

    public static byte[] Write(IPEndPoint endPoint)
    {
        var type = endPoint.AddressFamily == AddressFamily.InterNetwork ? IPv4 : IPv6;
        return [type, .. endPoint.Address.GetAddressBytes(), (byte)(endPoint.Port >> 8), (byte)endPoint.Port];
    }
}
