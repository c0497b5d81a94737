using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Onetun.NetStack;

/// <summary>The UDP flows and ports of a stack, and the datagrams waiting to be sent.</summary>
internal sealed class UdpTable(
    UdpOptions options, int linkMtu, FlowSecret secret, PortAllocator ports, PathMtus paths, Loopback loopback)
{
    /// <summary>
    /// The most datagrams that wait to be sent. Every turn sends what it queued, so that more are the flood of one application;
    /// the newest is dropped.
    /// </summary>
    private const int MaxOutput = 4096;

    private readonly Dictionary<FlowKey, UdpFlow> _flows = new(secret.Comparer);
    private readonly ListenPorts<IUdpListener> _listeners = new();
    private readonly UdpMemory _memory = new(options.ReceiveMemory);
    private readonly Queue<UdpReceiver> _events = new();
    private readonly Queue<(byte[] Packet, int Length, IpAddress Remote, UdpFlow? Flow)> _output = new();
    private uint _identification = secret.Port(default);
    private int _fragmentOffset;
    private UdpFlow? _sentFlow;

    public int FlowCount => _flows.Count;

    /// <summary>Datagrams dropped instead of being sent.</summary>
    public long OutputDropped { get; private set; }

    /// <summary>Whether there is a flow of this key, or a port that takes datagrams of any.</summary>
    public bool HasReceiver(in FlowKey key) =>
        _flows.ContainsKey(key) || (_listeners.TryFind(key.Local, key.LocalPort, out var listener) && listener is UdpInbox);

    public UdpFlow? Connect(IpAddress local, IpAddress remote, ushort port)
    {
        if (_flows.Count >= options.MaxFlows || !ports.TryAllocate(local, remote, port, IsTaken, out var key))
        {
            return null;
        }

        return Add(key);
    }

    /// <summary>Listens on a port, 0 for any free one, of one or all addresses; null if it is in use.</summary>
    public UdpListenQueue? Listen(int port, IpAddress address = default) =>
        (UdpListenQueue?)_listeners.Bind(address, port, end => new UdpListenQueue(end, options.Backlog));

    /// <summary>Takes datagrams on a port, 0 for any free one, of one or all addresses; null if it is in use.</summary>
    public UdpInbox? Bind(int port, IpAddress address = default) =>
        (UdpInbox?)_listeners.Bind(address, port, end => new UdpInbox(end, options.ReceiveBuffer, _memory));

    public void Close(UdpInbox inbox)
    {
        if (!inbox.IsClosed)
        {
            inbox.IsClosed = true;
            inbox.Clear();
            _listeners.Remove(inbox.End);
        }
    }

    public void StopListening(UdpListenQueue queue)
    {
        _listeners.Remove(queue.End);
        queue.IsClosed = true;
        while (queue.TryAccept(out var flow))
        {
            Close(flow);
        }
    }

    /// <summary>Closes all flows and ports; returns the signals of their waiters.</summary>
    public List<Signal?> CloseAll()
    {
        List<Signal?> waiting = [];
        foreach (var listener in _listeners.All.ToArray())
        {
            Close(listener);
            waiting.Add(listener.Signal);
        }

        foreach (var flow in _flows.Values.ToArray())
        {
            Close(flow);
            waiting.Add(flow.Signal);
        }

        return waiting;
    }

    public void Close(UdpFlow flow)
    {
        if (!flow.IsClosed)
        {
            flow.IsClosed = true;
            flow.Clear();
            _flows.Remove(flow.Flow);
        }
    }

    public PacketOutcome Receive(in UdpDatagram datagram)
    {
        if (!_flows.TryGetValue(datagram.Flow, out var flow))
        {
            if (!_listeners.TryFind(datagram.Flow.Local, datagram.Flow.LocalPort, out var listener))
            {
                return PacketOutcome.NoPort;
            }

            if (listener is UdpInbox inbox)
            {
                return Receive(inbox, datagram);
            }

            if (!TryAdd((UdpListenQueue)listener, datagram.Flow, out flow))
            {
                return PacketOutcome.Refused;
            }
        }

        return Receive(flow, datagram);
    }

    /// <summary>An ICMP error about a datagram of ours arrived; false if it has no flow.</summary>
    public bool OnError(in FlowKey key, TcpEnd error)
    {
        if (!_flows.TryGetValue(key, out var flow))
        {
            return false;
        }

        flow.Error = error;
        Raise(flow);
        return true;
    }

    /// <summary>Queues a datagram of a flow to be sent.</summary>
    public void Send(UdpFlow flow, ReadOnlySpan<byte> payload)
    {
        if (flow.IsClosed)
        {
            OutputDropped++;
            return;
        }

        Send(flow.Flow, flow, flow.IsWithOurselves, payload);
    }

    /// <summary>Queues a datagram to be sent from the local to the remote end.</summary>
    public void Send(in FlowKey ends, ReadOnlySpan<byte> payload) => Send(ends, null, loopback.Takes(ends.Remote), payload);

    private void Send(in FlowKey ends, UdpFlow? flow, bool isToOurselves, ReadOnlySpan<byte> payload)
    {
        if (_output.Count >= MaxOutput)
        {
            OutputDropped++;
            return;
        }

        var packet = ArrayPool<byte>.Shared.Rent(UdpWriter.HeaderLength(ends) + payload.Length);
        var length = UdpWriter.Write(packet, ends, payload);
        if (!isToOurselves)
        {
            _output.Enqueue((packet, length, ends.Remote, flow));
        }
        else if (!loopback.TryAdd(packet, length)) // Whole: no link limits its length
        {
            ArrayPool<byte>.Shared.Return(packet);
            OutputDropped++;
        }
    }

    /// <summary>Writes the next packet, or the next fragment of one that is longer than the path MTU.</summary>
    public bool TryTransmit(TimeSpan now, Span<byte> buffer, out int length)
    {
        do
        {
            if (TryTell(buffer, out length))
            {
                return true;
            }

            if (!_output.TryPeek(out var next))
            {
                return false;
            }

            var packet = next.Packet.AsSpan(0, next.Length);
            var mtu = paths.To(now, next.Remote);
            _sentFlow = mtu < linkMtu ? next.Flow : null;
            if (packet.Length <= mtu && _fragmentOffset == 0)
            {
                packet.CopyTo(buffer);
                length = packet.Length;
                Finish();
            }
            else if (!Fragmenter.TryNext(packet, mtu, ref _fragmentOffset, _identification, buffer, out length))
            {
                (_fragmentOffset, _identification) = (0, _identification + 1);
                Finish();
            }
        }
        while (length == 0);
        return true;
    }

    /// <summary>Drops the packet that is being sent.</summary>
    public void SkipOutput()
    {
        _output.TryDequeue(out _);
        (_fragmentOffset, _sentFlow) = (0, null);
    }

    /// <summary>
    /// Sends the path MTU to the peer, once per flow after its first datagram: its answers may be as long, and it may have no
    /// means to find out. An MTU that a router reported is of one direction only, and is not sent.
    /// </summary>
    private bool TryTell(Span<byte> buffer, out int length)
    {
        length = 0;
        if (_fragmentOffset > 0 || _sentFlow is not { } flow)
        {
            return false;
        }

        _sentFlow = null;
        if (paths.PathTo(flow.Flow.Remote)?.Mtu is { } mtu && mtu != flow.ToldMtu)
        {
            flow.ToldMtu = mtu;
            var udpLength = (uint)(linkMtu - HeaderPrototype.IpLength(flow.Flow.Local)) << 16;
            length = IcmpWriter.WritePacketTooBig(buffer, flow.Flow, IpProtocol.Udp, udpLength, linkMtu, mtu);
        }

        return length > 0;
    }

    private void Finish() => ArrayPool<byte>.Shared.Return(_output.Dequeue().Packet);

    public bool TryTakeEvent([NotNullWhen(true)] out UdpReceiver? receiver)
    {
        if (!_events.TryDequeue(out receiver))
        {
            return false;
        }

        receiver.IsQueuedForEvents = false;
        return true;
    }

    // One with itself as the other end is none
    private bool IsTaken(FlowKey key) => _flows.ContainsKey(key) || key == key.Reversed || _flows.ContainsKey(key.Reversed);

    private UdpFlow Add(in FlowKey key)
    {
        var flow = new UdpFlow(key, options.ReceiveBuffer, _memory) { IsWithOurselves = loopback.Takes(key.Remote) };
        _flows.Add(key, flow);
        return flow;
    }

    private bool TryAdd(UdpListenQueue queue, in FlowKey key, [NotNullWhen(true)] out UdpFlow? flow)
    {
        flow = null;
        if (_flows.Count >= options.MaxFlows)
        {
            return false;
        }

        flow = Add(key);
        flow.Listener = queue;
        if (queue.TryAdd(flow))
        {
            return true;
        }

        Close(flow);
        return false;
    }

    private PacketOutcome Receive(UdpReceiver receiver, in UdpDatagram datagram)
    {
        if (!receiver.TryAdd(datagram))
        {
            return PacketOutcome.BufferFull;
        }

        Raise(receiver);
        return PacketOutcome.Datagram;
    }

    private void Close(IUdpListener listener)
    {
        if (listener is UdpInbox inbox)
        {
            Close(inbox);
        }
        else
        {
            StopListening((UdpListenQueue)listener);
        }
    }

    private void Raise(UdpReceiver receiver)
    {
        if (!receiver.IsQueuedForEvents)
        {
            receiver.IsQueuedForEvents = true;
            _events.Enqueue(receiver);
        }
    }
}
