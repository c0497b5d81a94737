using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Forwarding;
using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Proxies;

/// <summary>
/// Carries one client's datagrams to wherever behind the tunnel the header of each says (RFC 1928 §7), and nobody else's.
/// </summary>
internal sealed class UdpAssociation : IAsyncDisposable
{
    // RSV, RSV and FRAG come before the address (RFC 1928 §7).
    private const int PrefixLength = 3;

    // Each flow holds a port in the tunnel.
    private const int MostFlows = 256;

    private readonly Socket _socket;
    private readonly FlowTable<Header, AssociationFlow> _flows;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _receiving;
    private readonly TimeSpan? _firstDatagramTimeout;
    private readonly long _opened;
    private SocketAddress? _sender;
    private bool _isTooLate;

    /// <summary>Takes a port of the address that the client has reached.</summary>
    /// <exception cref="SocketException">There is none.</exception>
    public UdpAssociation(
        IPAddress local,
        IPEndPoint client,
        TimeSpan? firstDatagramTimeout,
        TunnelDialer dialer,
        TimeSpan idleTimeout,
        Traffic traffic,
        ILogger logger,
        TimeProvider time)
    {
        Client = client;
        Dialer = dialer;
        Traffic = traffic;
        Logger = logger;
        Time = time;
        _firstDatagramTimeout = firstDatagramTimeout;
        _opened = time.GetTimestamp();
        _flows = new FlowTable<Header, AssociationFlow>(time, idleTimeout, MostFlows);
        _socket = DatagramSocket.Bind(new IPEndPoint(local, 0));
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _receiving = ReceiveAsync();
    }

    /// <summary>Where the client sends its datagrams.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Where they come from; port 0 until the first one has.</summary>
    public IPEndPoint Client { get; private set; }

    public TunnelDialer Dialer { get; }

    public Traffic Traffic { get; }

    public ILogger Logger { get; }

    public TimeProvider Time { get; }

    /// <summary>Sends the client an answer with its header.</summary>
    public ValueTask<int> ReturnAsync(ReadOnlyMemory<byte> answer) =>
        _socket.SendToAsync(answer, SocketFlags.None, _sender!);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        await _flows.DisposeAsync().ConfigureAwait(false);
        _socket.Dispose();
        _ending.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var sender = new SocketAddress(EndPoint.AddressFamily);
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                await DatagramSocket.WaitAsync(_socket, _ending.Token).ConfigureAwait(false);
                await TakeOneAsync(sender).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException error)
            {
                // This is the ICMP error of an earlier answer, and the trouble of that one datagram.
                Logger.DatagramDropped(EndPoint, error.Message);
            }
        }
    }

    private async ValueTask TakeOneAsync(SocketAddress sender)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(DatagramSocket.LongestDatagram);
        try
        {
            var length = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, sender, _ending.Token).ConfigureAwait(false);
            Take(buffer.AsMemory(0, length), sender);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Take(ReadOnlyMemory<byte> datagram, SocketAddress sender)
    {
        // Whoever does not put fragments together drops them (RFC 1928 §7).
        var bytes = datagram.Span;
        if (bytes.Length < PrefixLength + 2 || bytes[2] != 0
            || SocksAddress.LengthOf(bytes[PrefixLength], bytes[PrefixLength + 1]) is not (> 0 and var length)
            || bytes.Length < PrefixLength + length || !IsClient(sender))
        {
            return;
        }

        var header = new Header(datagram.Slice(PrefixLength, length));
        if (!_flows.TryGet(header, out var flow))
        {
            if (SocksAddress.Read(header.Bytes.Span) is not { } destination)
            {
                return;
            }

            flow = new AssociationFlow(this, destination);
            _flows.Add(new Header(header.Bytes.ToArray()), flow);
        }

        flow.Forward(bytes[(PrefixLength + length)..]);
    }

    private bool IsClient(SocketAddress sender)
    {
        if (_sender is not null)
        {
            return _sender.Equals(sender);
        }

        var from = (IPEndPoint)EndPoint.Create(sender);
        if (!from.Address.Equals(Client.Address) || (Client.Port != 0 && Client.Port != from.Port))
        {
            return false;
        }

        if (Client.Port == 0 && Time.GetElapsedTime(_opened) > _firstDatagramTimeout)
        {
            TellTooLate(from);
            return false;
        }

        Client = from;
        _sender = from.Serialize();
        return true;
    }

    private void TellTooLate(IPEndPoint sender)
    {
        if (!_isTooLate)
        {
            _isTooLate = true;
            Logger.AssociationTooLate(sender, _firstDatagramTimeout!.Value.TotalSeconds);
        }
    }

    /// <summary>Tells flows apart by the destination as the client writes it, where it lies in the buffer.</summary>
    private readonly record struct Header(ReadOnlyMemory<byte> Bytes)
    {
        public bool Equals(Header other) => Bytes.Span.SequenceEqual(other.Bytes.Span);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.AddBytes(Bytes.Span);
            return hash.ToHashCode();
        }
    }
}
