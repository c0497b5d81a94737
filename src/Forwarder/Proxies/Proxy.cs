using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Http;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Resources;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Proxies;

/// <summary>Carries the connections of a local port to wherever behind the tunnel each client asks for.</summary>
internal sealed class Proxy : IAsyncDisposable
{
    /// <summary>
    /// What a client has to take an answer before its connection is closed: with something unread at our end, closing
    /// is RST, and that would take the answer from it (RFC 9112 §9.6).
    /// </summary>
    public static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(1);

    // A client that connects and says nothing gives its place up.
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    // Each takes a socket, whether or not a datagram ever comes.
    private const int MostAssociations = 1024;

    private readonly ConnectionSet _connections;
    private readonly LocalListener _listener;
    private readonly IReadOnlyList<IProxyProtocol> _protocols;
    private readonly UdpLimits _udp;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private int _associations;

    /// <summary>Takes the port, for clients of any of some protocols.</summary>
    /// <exception cref="SocketException">It cannot be had.</exception>
    public Proxy(
        EndPoint source,
        IReadOnlyList<IProxyProtocol> protocols,
        TcpLimits tcp,
        UdpLimits udp,
        ILogger logger,
        TimeProvider? time = null,
        DescriptorBudget? descriptors = null)
    {
        _connections = new ConnectionSet(Traffic, tcp, logger, descriptors: descriptors);
        _listener = LocalListener.Bind(source, _connections, logger);
        _protocols = protocols;
        Name = string.Join(" and ", protocols.Select(protocol => protocol.Name));
        _udp = udp;
        _logger = logger;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>What it speaks, as people are told.</summary>
    public string Name { get; }

    public EndPoint Source => _listener.EndPoint;

    public Traffic Traffic { get; } = new();

    /// <summary>Makes a connection of a socket that a client has opened.</summary>
    public Func<Socket, IRelayEnd> Open { get; init; } = socket => new LocalConnection(socket);

    public void Start(TunnelDialer dialer) => _listener.Start(socket => ServeAsync(dialer, socket));

    /// <summary>Ends when there is no connection, which may change again.</summary>
    public Task WaitUntilIdleAsync(CancellationToken cancellationToken) => _connections.WaitUntilIdleAsync(cancellationToken);

    /// <summary>Accepts nothing more; connections go on.</summary>
    public Task CloseAsync() => _listener.CloseAsync();

    public Task StopAsync(CancellationToken hurry) => _listener.StopAsync(hurry);

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(TunnelDialer dialer, Socket socket)
    {
        var reset = _connections.Reset;
        // A client of a Unix-domain socket has no name.
        var address = socket.RemoteEndPoint is IPEndPoint named ? MappedAddress.Unmap(named) : Source;
        var client = Open(socket);
        await using (client.ConfigureAwait(false))
        {
            try
            {
                var (protocol, request) = await ReadRequestAsync(client, _protocols, address, reset).ConfigureAwait(false);
                if (protocol is not null && request is { AssociatedPort: { } associated })
                {
                    await AssociateAsync(dialer, client, socket, protocol, request, associated).ConfigureAwait(false);
                    return;
                }

                while (protocol is not null && request is not null
                    && await ConnectAsync(dialer, client, protocol, request, address, reset).ConfigureAwait(false) is { } server)
                {
                    var port = server.LocalPort;
                    _logger.IncomingConnection(port, address);
                    if (request.Plain is null)
                    {
                        await _connections.RelayAsync(client, server, port).ConfigureAwait(false);
                        return;
                    }

                    var requests = new PlainRequests(client, server, () => ReadNextAsync(client, protocol, address));
                    var first = request;
                    await _connections.CarryAsync(client, server, port, idle => requests.RunAsync(first, Traffic, idle)).ConfigureAwait(false);
                    if (requests.IsBroken)
                    {
                        return;
                    }

                    request = requests.Next;
                }

                await LingerAsync(client, reset).ConfigureAwait(false);
            }
            catch (Exception error)
                when (error is IOException or SocketException or OperationCanceledException or InvalidDataException)
            {
                _logger.ProxyRequestFailed(Name, address, error.Message);
                client.Abort();
            }
        }
    }

    private async Task<TunnelEnd?> ConnectAsync(
        TunnelDialer dialer,
        IRelayEnd client,
        IProxyProtocol protocol,
        ProxyRequest request,
        EndPoint? address,
        CancellationToken reset)
    {
        TunnelEnd server;
        try
        {
            server = await dialer.ConnectTcpAsync(request.Destination, reset).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            Traffic.Fail();
            _logger.ConnectFailed(address, request.Destination, error.Message);
            await protocol.RefuseAsync(client, request, error).ConfigureAwait(false);
            return null;
        }

        try
        {
            await protocol.AcceptAsync(client, request).ConfigureAwait(false);
            return server;
        }
        catch
        {
            server.Abort();
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Carries a client's datagrams until its connection ends (RFC 1928 §7).</summary>
    private async Task AssociateAsync(
        TunnelDialer dialer,
        IRelayEnd client,
        Socket socket,
        IProxyProtocol protocol,
        ProxyRequest request,
        int associatedPort)
    {
        var hasDescriptor = _connections.Descriptors.TryTake(Source);
        try
        {
            if (Interlocked.Increment(ref _associations) > MostAssociations || !hasDescriptor)
            {
                throw new SocketException((int)SocketError.TooManyOpenSockets);
            }

            var sender = new IPEndPoint(MappedAddress.Unmap((IPEndPoint)socket.RemoteEndPoint!).Address, associatedPort);
            var association = new UdpAssociation(
                MappedAddress.Unmap((IPEndPoint)socket.LocalEndPoint!).Address,
                sender,
                request.FirstDatagramTimeout,
                dialer,
                _udp.IdleTimeout,
                Traffic,
                _logger,
                _time);
            await using (association.ConfigureAwait(false))
            {
                await protocol.AcceptAsync(client, request, association.EndPoint).ConfigureAwait(false);
                // A datagram is delivered or it is not: there is nothing to drain.
                await ReadToEndAsync(client, _listener.Stopping).ConfigureAwait(false);
            }
        }
        catch (SocketException error)
        {
            Traffic.Fail();
            _logger.ProxyRequestFailed(Name, MappedAddress.Unmap((IPEndPoint)socket.RemoteEndPoint!), error.Message);
            await protocol.RefuseAsync(client, request, error).ConfigureAwait(false);
            await LingerAsync(client, _listener.Stopping).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _associations);
            if (hasDescriptor)
            {
                _connections.Descriptors.Release();
            }
        }
    }

    private static async Task LingerAsync(IRelayEnd client, CancellationToken reset)
    {
        await client.EndOutputAsync().ConfigureAwait(false);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(reset);
        patience.CancelAfter(LingerTime);
        await ReadToEndAsync(client, patience.Token).ConfigureAwait(false);
    }

    private static async Task ReadToEndAsync(IRelayEnd client, CancellationToken cancellationToken)
    {
        try
        {
            await client.Input.DropAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
        {
            // It has ended one way or the other, or had its time.
        }
    }

    /// <summary>
    /// What a client asks for next; null if it is nothing, or it has failed. It is not waited for when the port is closed.
    /// </summary>
    private async Task<ProxyRequest?> ReadNextAsync(IRelayEnd client, IProxyProtocol protocol, EndPoint? address)
    {
        try
        {
            var (_, request) = await ReadRequestAsync(client, [protocol], address, _listener.Stopping).ConfigureAwait(false);
            return request;
        }
        catch (InvalidDataException error)
        {
            _logger.ProxyRequestFailed(Name, address, error.Message);
            client.Abort();
        }
        catch (Exception error)
            when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Nothing was asked for.
        }

        return null;
    }

    /// <summary>
    /// What a client asks for, and by which protocol. Without a request it was refused, or said nothing: browsers connect ahead
    /// of what they may ask for.
    /// </summary>
    private async Task<(IProxyProtocol? Protocol, ProxyRequest? Request)> ReadRequestAsync(
        IRelayEnd client, IReadOnlyList<IProxyProtocol> protocols, EndPoint? address, CancellationToken reset)
    {
        using var timeout = new CancellationTokenSource(RequestTimeout, _time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, reset);
        IProxyProtocol? protocol = null;
        try
        {
            if (await client.Input.PeekAsync(patience.Token).ConfigureAwait(false) is not { } first)
            {
                return default;
            }

            protocol = protocols.FirstOrDefault(one => one.Speaks(first))
                ?? throw new InvalidDataException(
                    $"The client speaks {LanguageOf(first)}, not {string.Join(" or ", protocols.Select(one => one.Name))}.");
            var reading = await protocol.ReadRequestAsync(client, patience.Token).ConfigureAwait(false);
            if (reading.Refusal is { } why)
            {
                Traffic.Fail();
                if (reading.IsLogin)
                {
                    Traffic.Deny();
                }

                _logger.ProxyRequestFailed(protocol.Name, address, why);
            }

            return (protocol, reading.Request);
        }
        catch (OperationCanceledException) when (!reset.IsCancellationRequested)
        {
            return protocol is null
                ? default
                : throw new InvalidDataException($"Its request was not complete after {RequestTimeout.TotalSeconds} s.");
        }
    }

    // TLS begins with a record of its handshake (RFC 8446 §5.1), SOCKS with its version.
    private static string LanguageOf(byte first) => first switch
    {
        0x16 => "TLS",
        4 => "SOCKS4",
        5 => "SOCKS5",
        _ => HttpSyntax.MayBegin(first) ? "HTTP" : $"something that begins with the byte {first}",
    };
}
