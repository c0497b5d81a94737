namespace Onetun.NetStack;

/// <summary>What the connections of a stack have in common.</summary>
internal sealed class TcpSettings
{
    /// <summary>2 MSL; what Linux and gVisor use. RFC 9293 §3.4.2 says 4 minutes and lets implementations choose.</summary>
    public static readonly TimeSpan TimeWait = TimeSpan.FromSeconds(60);

    /// <summary>An orphan in FIN-WAIT-2 is given up after this (Linux tcp_fin_timeout).</summary>
    public static readonly TimeSpan OrphanTimeout = TimeSpan.FromSeconds(60);

    private readonly Loopback _loopback;

    public TcpSettings(TcpOptions options, int mtu, Loopback loopback)
    {
        _loopback = loopback;
        Options = options;
        WindowScale = Shift(options.Socket.MaxReceiveBuffer);
        Paths = new PathMtus(mtu, loopback);
        Memory = new BufferMemory(options.BufferMemory);
        Blocks = new ReceiveBlockPool(Memory);
        SendBlocks = new SendBlockPool(Memory);
    }

    public TcpOptions Options { get; }

    /// <summary>65,535 bytes shifted by this hold the largest window: 16 MiB.</summary>
    public int WindowScale { get; }

    public PathMtus Paths { get; }

    public BufferMemory Memory { get; }

    public ReceiveBlockPool Blocks { get; }

    public SendBlockPool SendBlocks { get; }

    public OutputQueue Output { get; } = new();

    /// <summary>Where a connection is served: its packets leave, or come back to us.</summary>
    public OutputQueue OutputOf(in FlowKey flow) => _loopback.Takes(flow.Remote) ? _loopback.Output : Output;

    /// <summary>Those with something to tell, each once, in order.</summary>
    public Queue<TcpConnection> Events { get; } = new();

    /// <summary>The largest payload of a segment of ours that carries no options (RFC 9293 §3.7.1).</summary>
    public int MaximumSegmentSize(TimeSpan now, in FlowKey flow) => SegmentSize(Paths.To(now, flow.Remote), flow);

    /// <summary>
    /// The largest payload that the peer should send. A path that is known to take less than our MTU is taken to do so both
    /// ways: the peer may have no way to find out.
    /// </summary>
    public ushort OfferedSegmentSize(TimeSpan now, in FlowKey flow) =>
        (ushort)Math.Min(SegmentSize(Paths.From(now, flow.Remote), flow), ushort.MaxValue);

    /// <summary>What a peer that does not say can take (RFC 9293 §3.7.1).</summary>
    public static int DefaultSegmentSize(in FlowKey flow) => flow.Local.IsIPv4 ? 536 : 1220;

    public Receiver CreateReceiver(uint initial, bool scaled)
    {
        var max = scaled ? Options.Socket.MaxReceiveBuffer : Math.Min(Options.Socket.MaxReceiveBuffer, 65535);
        return new Receiver(initial, Blocks, new ReceiverOptions(
            Math.Min(Options.InitialReceiveBuffer, max), max, Options.Acknowledgments))
        {
            WindowScale = scaled ? WindowScale : 0,
        };
    }

    public Sender CreateSender(uint initial) => new(
        initial,
        Options.Congestion?.Invoke(initial) ?? Options.CongestionControl.Create(seed: initial),
        SendBlocks)
    {
        Paced = Options.Pacing,
        Nagle = Options.Socket.Nagle,
        InitialBuffer = Options.InitialSendBuffer,
        MaxBuffer = Options.Socket.MaxSendBuffer,
    };

    private static int SegmentSize(int mtu, in FlowKey flow) =>
        mtu - (flow.Local.IsIPv4 ? IpHeader.Ipv4Length : IpHeader.Ipv6Length) - SegmentReader.TcpHeaderLength;

    private static int Shift(int window)
    {
        var shift = 0;
        while (shift < TcpHeaderOptions.MaxWindowScale && window >> shift > 65535)
        {
            shift++;
        }

        return shift;
    }
}
