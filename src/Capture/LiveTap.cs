using System.Net.NetworkInformation;
using PacketDotNet;
using SharpPcap;

namespace Onetun.Capture;

/// <summary>
/// What passes a tunnel, as a live device of SharpPcap, without the native library: any program that takes packets from an
/// <see cref="ICaptureDevice"/> takes them from here. Packets are copied into a bounded buffer, out of which the consumer has them on
/// another thread: one that is slow loses packets, which are counted, and never holds up the tunnel. Thread-safe, but for
/// <see cref="GetNextPacket"/>.
/// </summary>
/// <remarks>
/// It behaves as the devices of SharpPcap do, but that what SharpPcap throws as a <see cref="DeviceNotReadyException"/>, which only
/// SharpPcap can make, is an <see cref="InvalidOperationException"/> here. It can be opened again after it has been closed.
/// </remarks>
public sealed class LiveTap : IPacketTap, ILiveDevice
{
    private const int DefaultBuffer = 16 << 20;
    private const int LongestPacket = 65535;

    // Long enough to wake the consumer once for a burst, short enough for someone who watches. Woken for each packet, it makes one
    // cost the data path 340 ns instead of 135 (CaptureBenchmarks)
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(10);

    private readonly object _gate = new();
    private readonly Func<IPacketTap, IDisposable> _attach;
    private readonly Action<ReadOnlySpan<byte>>? _send;
    private volatile PacketFilter? _filter;
    private volatile PacketInbox? _inbox;
    private volatile string? _lastError;
    private TapStatistics _statistics = TapStatistics.None;
    private IDisposable? _watching;
    private CaptureRun? _run;
    private TimeSpan _readTimeout;

    /// <summary>Makes a device of whatever shows packets to taps; see also <c>WireGuardTunnel.CreateLiveTap</c>.</summary>
    /// <param name="name">The <see cref="Name"/>.</param>
    /// <param name="attach">
    /// Has this tap watch, until what it returns is disposed; called when the device is opened.
    /// </param>
    /// <param name="send">Sends an inner packet; null if none can be sent.</param>
    /// <param name="layers">What is captured: inner packets, datagrams, or both, which <see cref="TapHeader.IsOuter"/> tells apart.</param>
    /// <exception cref="ArgumentException">There is no layer of packets, or there are keys, which are no packets.</exception>
    public LiveTap(
        string name, Func<IPacketTap, IDisposable> attach, Action<ReadOnlySpan<byte>>? send = null, TapLayers layers = TapLayers.Inner)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(attach);
        if (layers is TapLayers.None || (layers & ~(TapLayers.Inner | TapLayers.Outer)) != TapLayers.None)
        {
            throw new ArgumentException("A live tap shows packets inside, datagrams outside, or both.", nameof(layers));
        }

        (Name, Layers, _attach, _send) = (name, layers, attach, send);
    }

    /// <summary>
    /// Called for each packet, on a thread of the device's own; its bytes are good during the call. A handler that throws ends the
    /// capture with <see cref="CaptureStoppedEventStatus.ErrorWhileCapturing"/>, and <see cref="LastError"/> has its message.
    /// <see cref="Close"/> removes all handlers, as SharpPcap does.
    /// </summary>
    public event PacketArrivalEventHandler? OnPacketArrival;

    /// <summary>Called on the same thread when a capture has ended, which may begin anew in the call. What it throws is ignored.</summary>
    public event CaptureStoppedEventHandler? OnCaptureStopped;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description => $"Live tap of {Layers.Describe()}";

    /// <inheritdoc/>
    public TapLayers Layers { get; }

    /// <summary>Raw IPv4 and IPv6 packets, whatever the layer.</summary>
    public LinkLayers LinkType => LinkLayers.Raw;

    /// <summary>Nanoseconds, of which times have every hundredth: finer than microseconds.</summary>
    public TimestampResolution TimestampResolution => TimestampResolution.Nanosecond;

    /// <summary>Why a filter was refused last, or what a handler threw; null if neither has happened.</summary>
    public string? LastError => _lastError;

    /// <summary>
    /// Which packets are captured from now on, in the language of <see cref="PacketFilter"/>, of the datagrams those that carry such a
    /// packet and those that carry none; null or empty for all, the default. It may be set at any time, and stays when the device is
    /// closed.
    /// </summary>
    /// <exception cref="FormatException">The text is no filter; the message says why and what to write. Nothing has changed.</exception>
    public string? Filter
    {
        get => _filter?.ToString();
        set
        {
            try
            {
                _filter = string.IsNullOrWhiteSpace(value) ? null : PacketFilter.Parse(value);
            }
            catch (FormatException fault)
            {
                _lastError = fault.Message;
                throw;
            }
        }
    }

    /// <summary>
    /// Packets since the device was opened, up to now or until it was closed: all that the filter let through, and those of them that
    /// found no room in the buffer. The interface drops none. Never null.
    /// </summary>
    public ICaptureStatistics? Statistics => _inbox?.Statistics ?? _statistics;

    /// <summary>Whether a capture is going on. It is until the handler that has a packet returns, even if it was stopped meanwhile.</summary>
    public bool Started
    {
        get
        {
            lock (_gate)
            {
                return _run is not null;
            }
        }
    }

    /// <summary>How long <see cref="StopCapture"/> waits for the handlers. Default 1 second; -1 ms is no limit.</summary>
    public TimeSpan StopCaptureTimeout { get; set; } = TimeSpan.FromSeconds(1);

    PhysicalAddress? IPcapDevice.MacAddress => null;

    /// <inheritdoc/>
    public void OnPacket(in TappedPacket packet)
    {
        if (_inbox is { } inbox && packet.Passes(_filter))
        {
            inbox.Add(packet);
        }
    }

    /// <summary>
    /// Begins to watch, into the buffer; does nothing if it is open. Of the configuration count the <c>Snaplen</c>, bytes (not positive: the
    /// whole packet); the <c>ReadTimeout</c> of <see cref="GetNextPacket"/>, milliseconds (0: without limit; negative: no wait);
    /// <c>BufferSize</c> or <c>KernelBufferSize</c>, bytes, both halves of the buffer together (default 16 MiB); and <c>Immediate</c> or
    /// <see cref="DeviceModes.MaxResponsiveness"/>, without which a capture hands over packets up to 10 ms late, to wake up less often.
    /// The rest is of network cards and files.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The size of the buffer is not positive.</exception>
    /// <exception cref="ObjectDisposedException">The tunnel has stopped.</exception>
    public void Open(DeviceConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var buffer = configuration.BufferSize ?? configuration.KernelBufferSize ?? DefaultBuffer;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(buffer, nameof(configuration.BufferSize));
        var snapLength = configuration.Snaplen > 0 ? Math.Min(configuration.Snaplen, LongestPacket) : LongestPacket;
        var atOnce = configuration.Immediate ?? configuration.Mode.HasFlag(DeviceModes.MaxResponsiveness);
        PacketInbox inbox;
        lock (_gate)
        {
            if (_inbox is not null)
            {
                return;
            }

            _readTimeout = TimeoutOf(configuration.ReadTimeout);
            _inbox = inbox = new PacketInbox(buffer, snapLength, atOnce ? TimeSpan.Zero : Linger);
        }

        try
        {
            Keep(inbox, _attach(this));
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>Begins to call <see cref="OnPacketArrival"/>, first for what waits in the buffer; does nothing if it does already.</summary>
    /// <exception cref="InvalidOperationException">
    /// The device is not open, nobody handles its packets, or a handler of an earlier capture has not returned yet.
    /// </exception>
    public void StartCapture()
    {
        if (TryBegin(out var run))
        {
            new Thread(() => Run(run)) { IsBackground = true, Name = "live tap" }.Start();
        }
    }

    /// <summary>Does the same on this thread until a handler, or another thread, calls <see cref="StopCapture"/> or <see cref="Close"/>.</summary>
    /// <exception cref="InvalidOperationException">There is a capture already, or what <see cref="StartCapture"/> throws.</exception>
    public void Capture() =>
        Run(TryBegin(out var run) ? run : throw new InvalidOperationException("There is a capture of this device already."));

    /// <summary>
    /// Ends the capture: after this, no handler is called any more, unless one did not return within <see cref="StopCaptureTimeout"/> or
    /// it is a handler that calls. The device stays open, and what comes now waits in the buffer.
    /// </summary>
    public void StopCapture()
    {
        CaptureRun? run;
        lock (_gate)
        {
            run = _run;
        }

        run?.Stop();
        run?.Join(StopCaptureTimeout);
    }

    /// <summary>Takes a packet out of the buffer, or waits for one as long as the read timeout says; for one caller at a time.</summary>
    /// <param name="e">The packet, with a <see cref="TapHeader"/>; its bytes are good until the next call.</param>
    /// <returns>
    /// <see cref="GetPacketStatus.NoRemainingPackets"/> if the device was closed meanwhile, and otherwise whether there was a packet.
    /// </returns>
    /// <exception cref="InvalidOperationException">The device is not open.</exception>
    /// <exception cref="InvalidOperationDuringBackgroundCaptureException">There is a capture, which takes the packets.</exception>
    public GetPacketStatus GetNextPacket(out PacketCapture e)
    {
        PacketInbox inbox;
        lock (_gate)
        {
            inbox = OpenInbox;
            if (_run is not null)
            {
                throw new InvalidOperationDuringBackgroundCaptureException("A capture takes the packets: stop it first.");
            }
        }

        if (inbox.Wait(_readTimeout) && inbox.TryRead(out var record))
        {
            e = CaptureOf(record);
            return GetPacketStatus.PacketRead;
        }

        e = default;
        lock (_gate)
        {
            return _inbox == inbox ? GetPacketStatus.ReadTimeout : GetPacketStatus.NoRemainingPackets;
        }
    }

    /// <summary>
    /// Sends a packet into the tunnel, as it is, as if it were from our stack, and shows it to all taps. Answers go to our stack, which
    /// may refuse what it has not asked for. Like a packet on a network it may be lost: if no peer has a route for it, or it is no IP
    /// packet, the statistics of the tunnel count that.
    /// </summary>
    /// <param name="p">An IPv4 or IPv6 packet, not longer than the MTU of the tunnel.</param>
    /// <param name="header">Does not matter.</param>
    /// <exception cref="ArgumentException">The packet is longer than that.</exception>
    /// <exception cref="InvalidOperationException">The device is not open.</exception>
    /// <exception cref="NotSupportedException">It does not show inner packets, or has nobody to send them.</exception>
    /// <exception cref="ObjectDisposedException">The tunnel has stopped.</exception>
    public void SendPacket(ReadOnlySpan<byte> p, ICaptureHeader? header = null)
    {
        _ = OpenInbox;
        if (_send is null || !Layers.HasFlag(TapLayers.Inner))
        {
            throw new NotSupportedException("Packets can only be sent where those inside a tunnel are shown.");
        }

        _send(p);
    }

    /// <summary>
    /// Ends the capture as <see cref="StopCapture"/> does, watches no more, and forgets what waits in the buffer and the handlers of packets.
    /// </summary>
    public void Close()
    {
        IDisposable? watching;
        lock (_gate)
        {
            _statistics = _inbox?.Close() ?? _statistics;
            _inbox = null;
            (watching, _watching) = (_watching, null);
        }

        // Without the gate: the tunnel has locks of its own
        watching?.Dispose();
        StopCapture();
        OnPacketArrival = null;
    }

    /// <inheritdoc cref="Close"/>
    public void Dispose() => Close();

    /// <summary>Where packets wait; throws if the device is not open.</summary>
    private PacketInbox OpenInbox => _inbox ?? throw new InvalidOperationException($"Device {Name} is not open.");

    private static TimeSpan TimeoutOf(int milliseconds) => milliseconds switch
    {
        0 => Timeout.InfiniteTimeSpan,
        < 0 => TimeSpan.Zero,
        _ => TimeSpan.FromMilliseconds(milliseconds),
    };

    private void Keep(PacketInbox inbox, IDisposable watching)
    {
        lock (_gate)
        {
            if (_inbox == inbox)
            {
                _watching = watching;
                return;
            }
        }

        // Closed meanwhile
        watching.Dispose();
    }

    private bool TryBegin(out CaptureRun run)
    {
        lock (_gate)
        {
            var inbox = OpenInbox;
            if (OnPacketArrival is null)
            {
                throw new InvalidOperationException($"Nobody handles the packets of device {Name}: add a handler to {nameof(OnPacketArrival)}.");
            }

            if (_run is { IsStopping: true })
            {
                throw new InvalidOperationException($"A handler of device {Name} has not returned since the last capture.");
            }

            run = _run ?? new CaptureRun(inbox);
            var begins = _run is null;
            _run = run;
            return begins;
        }
    }

    private void Run(CaptureRun run)
    {
        run.Begin();
        var status = CaptureStoppedEventStatus.CompletedWithoutError;
        try
        {
            while (run.Inbox.Wait(run))
            {
                while (!run.IsStopping && run.Inbox.TryRead(out var record))
                {
                    OnPacketArrival?.Invoke(this, CaptureOf(record));
                }
            }
        }
#pragma warning disable CA1031 // Whatever a handler throws ends the capture and must not end the process.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _lastError = error.Message;
            status = CaptureStoppedEventStatus.ErrorWhileCapturing;
        }

        lock (_gate)
        {
            _run = null;
        }

        Announce(status);
        run.End();
    }

    private void Announce(CaptureStoppedEventStatus status)
    {
        try
        {
            OnCaptureStopped?.Invoke(this, status);
        }
#pragma warning disable CA1031 // The capture has ended, and the process must not.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _lastError = error.Message;
        }
    }

    private PacketCapture CaptureOf(CaptureRecord record) => new(this, new TapHeader(record), record.Bytes);
}
