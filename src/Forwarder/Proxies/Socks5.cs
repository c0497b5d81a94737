using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Http;
using Onetun.Tunnel.Forwarding;

namespace Onetun.Forwarder.Proxies;

/// <summary>
/// SOCKS version 5 (RFC 1928) with CONNECT and UDP ASSOCIATE, and user and password (RFC 1929) where they are asked for.
/// </summary>
internal sealed class Socks5(ProxyCredentials? credentials) : IProxyProtocol
{
    private const byte Version = 5;
    private const byte NoAuthentication = 0;
    private const byte UserAndPassword = 2;
    private const byte NoAcceptableMethod = 0xFF;
    private const byte Connect = 1;
    private const byte UdpAssociate = 3;

    // RFC 1928 §7 lets a client leave its port open, and whoever sends first from its address then has the association. Where
    // a password is asked for, somebody else on that address must not come by it without one: a client sends at once.
    private static readonly TimeSpan FirstDatagramTimeout = TimeSpan.FromSeconds(5);

    private static readonly IPEndPoint Nowhere = new(IPAddress.Any, 0);

    private enum Reply : byte
    {
        Succeeded = 0,
        GeneralFailure = 1,
        NetworkUnreachable = 3,
        HostUnreachable = 4,
        ConnectionRefused = 5,
        TtlExpired = 6,
        CommandNotSupported = 7,
        AddressTypeNotSupported = 8,
    }

    public string Name => "SOCKS5";

    public async ValueTask<ProxyReading> ReadRequestAsync(IRelayEnd client, CancellationToken cancellationToken)
    {
        if (await NegotiateAsync(client, cancellationToken).ConfigureAwait(false) is { } refusal)
        {
            return refusal;
        }

        // RFC 1928 §4: VER CMD RSV ATYP DST.ADDR DST.PORT
        var head = await client.Input.ReadExactAsync(4, cancellationToken).ConfigureAwait(false);
        CheckVersion(head[0]);
        if (!SocksAddress.IsType(head[3]))
        {
            await SendAsync(client, Reply.AddressTypeNotSupported).ConfigureAwait(false);
            return ProxyReading.Refused($"there are no addresses of type {head[3]}");
        }

        var address = await ReadAddressAsync(client, head[3], cancellationToken).ConfigureAwait(false);
        if (head[1] is not (Connect or UdpAssociate))
        {
            await SendAsync(client, Reply.CommandNotSupported).ConfigureAwait(false);
            return ProxyReading.Refused($"it asks for command {head[1]}, which is neither CONNECT nor UDP ASSOCIATE");
        }

        if (SocksAddress.Read(address) is not { } destination)
        {
            await SendAsync(client, Reply.HostUnreachable).ConfigureAwait(false);
            return ProxyReading.Refused("what it asks for is no host");
        }

        return new ProxyRequest(destination)
        {
            AssociatedPort = head[1] == UdpAssociate ? SocksAddress.ReadPort(address) : null,
            FirstDatagramTimeout = credentials is null ? null : FirstDatagramTimeout,
        };
    }

    public bool Speaks(byte first) => first == Version;

    public ValueTask AcceptAsync(IRelayEnd client, ProxyRequest request, IPEndPoint? relay) =>
        SendAsync(client, Reply.Succeeded, relay);

    public ValueTask RefuseAsync(IRelayEnd client, ProxyRequest request, SocketException error)
    {
        var reply = error.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => Reply.ConnectionRefused,
            SocketError.NetworkUnreachable => Reply.NetworkUnreachable,
            SocketError.HostUnreachable or SocketError.HostNotFound => Reply.HostUnreachable,
            SocketError.TimedOut => Reply.TtlExpired,
            _ => Reply.GeneralFailure,
        };
        return SendAsync(client, reply);
    }

    /// <summary>RFC 1928 §3: the client offers methods, we take one; a refusal if there is none for us.</summary>
    private async ValueTask<ProxyReading?> NegotiateAsync(IRelayEnd client, CancellationToken cancellationToken)
    {
        var head = await client.Input.ReadExactAsync(2, cancellationToken).ConfigureAwait(false);
        var methods = await client.Input.ReadExactAsync(head[1], cancellationToken).ConfigureAwait(false);
        var method = credentials is null ? NoAuthentication : UserAndPassword;
        if (!methods.Contains(method))
        {
            await client.WriteAsync(new[] { Version, NoAcceptableMethod }).ConfigureAwait(false);
            return ProxyReading.Refused(
                credentials is null ? "it wants to show who it is, which is not asked for" : "it offers no user and password");
        }

        await client.WriteAsync(new[] { Version, method }).ConfigureAwait(false);
        return credentials is null || await AuthenticateAsync(client, credentials, cancellationToken).ConfigureAwait(false)
            ? (ProxyReading?)null
            : ProxyReading.RefusedLogin();
    }

    /// <summary>RFC 1929 §2.</summary>
    private static async ValueTask<bool> AuthenticateAsync(
        IRelayEnd client, ProxyCredentials credentials, CancellationToken cancellationToken)
    {
        var version = await client.Input.ReadExactAsync(1, cancellationToken).ConfigureAwait(false);
        var user = await ReadPrefixedAsync(client, cancellationToken).ConfigureAwait(false);
        var password = await ReadPrefixedAsync(client, cancellationToken).ConfigureAwait(false);
        var isRight = version[0] == 1 && credentials.Match(user, password);
        await client.WriteAsync(new byte[] { 1, isRight ? (byte)0 : (byte)1 }).ConfigureAwait(false);
        return isRight;
    }

    private static async ValueTask<byte[]> ReadAddressAsync(
        IRelayEnd client, byte type, CancellationToken cancellationToken)
    {
        var first = await client.Input.ReadExactAsync(1, cancellationToken).ConfigureAwait(false);
        var rest = await client.Input.ReadExactAsync(SocksAddress.LengthOf(type, first[0]) - 2, cancellationToken)
            .ConfigureAwait(false);
        return [type, .. first, .. rest];
    }

    private static async ValueTask<byte[]> ReadPrefixedAsync(IRelayEnd client, CancellationToken cancellationToken)
    {
        var length = await client.Input.ReadExactAsync(1, cancellationToken).ConfigureAwait(false);
        return await client.Input.ReadExactAsync(length[0], cancellationToken).ConfigureAwait(false);
    }

    // RFC 1928 §6. BND.ADDR is of use to a client of UDP ASSOCIATE only.
    private static ValueTask SendAsync(IRelayEnd client, Reply reply, IPEndPoint? bound = null) =>
        client.WriteAsync((byte[])[Version, (byte)reply, 0, .. SocksAddress.Write(bound ?? Nowhere)]);

    private static void CheckVersion(byte version)
    {
        if (version != Version)
        {
            throw new InvalidDataException($"The client continues in SOCKS version {version}.");
        }
    }
}
