using System.Buffers.Binary;
using System.Net;
using ARSoft.Tools.Net.Dns;

namespace Onetun.Tunnel.Names;

/// <summary>Received bytes as the library wants them.</summary>
internal static class DnsPackage
{
    private const int HeaderSize = 12;
    private const int PrefixSize = 2;

    /// <summary>Null for what is not a message.</summary>
    public static DnsReceivedRawPackage? TryRead(ReadOnlySpan<byte> message, IPEndPoint remote, IPEndPoint local)
    {
        if (message.Length < HeaderSize)
        {
            return null;
        }

        // The length goes in front of it, as on a stream.
        var bytes = new byte[PrefixSize + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)message.Length);
        message.CopyTo(bytes.AsSpan(PrefixSize));
        try
        {
            return new DnsReceivedRawPackage(bytes, remote, local);
        }
#pragma warning disable CA1031 // The library reads the question at once, and throws what it likes at what is not one.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }
}
