using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;
using Onetun.Tunnel.Forwarding;
using Onetun.WireGuard;

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

    private readonly DatagramPort _port;
    private readonly FlowTable<Header, AssociationFlow> _flows;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _receiving;
    private readonly TimeSpan? _firstDatagramTimeout;
    private readonly long _opened;
    private readonly List<(AssociationFlow Flow, int At, int From)> _open = [];
    private readonly byte[] _header = new byte[SocksAddress.Longest];
    private UdpEndPoint? _sender;
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
        _port = new DatagramPort(DatagramSocket.Bind(new IPEndPoint(local, 0)), Drop, DatagramBatches.Messages);
        _receiving = ReceiveAsync();
    }

    /// <summary>Where the client sends its datagrams.</summary>
    public IPEndPoint EndPoint => _port.EndPoint;

    /// <summary>Where they come from; port 0 until the first one has.</summary>
    public IPEndPoint Client { get; private set; }

    public TunnelDialer Dialer { get; }

    public Traffic Traffic { get; }

    public ILogger Logger { get; }

    public TimeProvider Time { get; }

    /// <summary>Has an answer with its header sent to the client with the next <see cref="SendAnswers"/>, or before.</summary>
    public void Return(ReadOnlySpan<byte> header, ReadOnlySpan<byte> answer) => _port.Answer(_sender!.Value, header, answer);

    /// <summary>Sends the answers that there are.</summary>
    public void SendAnswers() => _port.SendAnswers();

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        await _flows.DisposeAsync().ConfigureAwait(false);
        _port.Dispose();
        _ending.Dispose();
    }

    private async Task ReceiveAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                await _port.WaitAsync(_ending.Token).ConfigureAwait(false);
                TakeAll();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException error)
            {
                // This is the ICMP error of an earlier answer, and the trouble of that one datagram.
                Drop(error.SocketErrorCode);
            }
        }
    }

    private void TakeAll()
    {
        var batch = DatagramBatches.RentReceived(_port);
        try
        {
            while (!_ending.IsCancellationRequested && _port.TryReceive(batch) > 0)
            {
                Take(batch);
            }
        }
        finally
        {
            DatagramBatches.Return(batch);
        }
    }

    /// <summary>What came at one time goes into the tunnel at one time.</summary>
    private void Take(ReceiveBatch batch)
    {
        _open.Clear();
        for (var i = 0; i < batch.Count; i++)
        {
            if (FindFlow(batch[i], batch.SourceOf(i), out var from) is not { } flow)
            {
                continue;
            }

            if (flow.IsOpen)
            {
                _open.Add((flow, i, from));
            }
            else
            {
                flow.Forward(batch[i][from..]); // It may wait for another thread, which none in a turn of the tunnel must do
            }
        }

        try
        {
            Dialer.Tunnel.SendTogether((_open, batch), static all =>
            {
                foreach (var (flow, at, from) in all._open)
                {
                    flow.Forward(all.batch[at][from..]);
                }
            });
        }
        catch (ObjectDisposedException)
        {
            // The tunnel has just ended.
        }
    }

    /// <summary>The flow that a datagram belongs to, and where its payload begins; null if it is dropped.</summary>
    private AssociationFlow? FindFlow(ReadOnlySpan<byte> bytes, in UdpEndPoint sender, out int from)
    {
        from = 0;
        // Whoever does not put fragments together drops them (RFC 1928 §7).
        if (bytes.Length < PrefixLength + 2 || bytes[2] != 0
            || SocksAddress.LengthOf(bytes[PrefixLength], bytes[PrefixLength + 1]) is not (> 0 and var length)
            || bytes.Length < PrefixLength + length || !IsClient(sender))
        {
            return null;
        }

        from = PrefixLength + length;
        bytes[PrefixLength..from].CopyTo(_header);
        var header = new Header(_header.AsMemory(0, length));
        if (!_flows.TryGet(header, out var flow) && SocksAddress.Read(header.Bytes.Span) is { } destination)
        {
            flow = new AssociationFlow(this, destination);
            _flows.Add(new Header(header.Bytes.ToArray()), flow);
        }

        return flow;
    }

    private bool IsClient(in UdpEndPoint sender)
    {
        if (_sender is { } known)
        {
            return known == sender;
        }

        var from = sender.ToIPEndPoint();
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
        _sender = sender;
        return true;
    }

    private void Drop(SocketError error) => Logger.DatagramDropped(EndPoint, new SocketException((int)error).Message);

    private void TellTooLate(IPEndPoint sender)
    {
        if (!_isTooLate)
        {
            _isTooLate = true;
            Logger.AssociationTooLate(sender, _firstDatagramTimeout!.Value.TotalSeconds);
        }
    }

    /// <summary>Tells flows apart by the destination as the client writes it, where it lies.</summary>
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
