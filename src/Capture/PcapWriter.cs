using System.Net.NetworkInformation;
using PacketDotNet;
using SharpPcap;

namespace Onetun.Capture;

/// <summary>
/// Writes packets to a classic pcap file that Wireshark opens: little-endian, microseconds, LINKTYPE_RAW. Packets are
/// copied into a bounded buffer and written by a thread of its own, so a slow disk costs packets in the capture, which
/// are counted, and never holds up who captures. Also one of SharpPcap's devices, without its native library.
/// </summary>
public sealed class PcapWriter : IPacketTap, IInjectionDevice, IAsyncDisposable
{
    /// <summary>The buffer between capturing and writing, unless another size is asked for.</summary>
    public const int DefaultBufferSize = 16 << 20;

    // Long enough to write a burst in one go, short enough for someone who watches live.
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(10);

    private readonly object _gate = new();
    private readonly Stream _stream;
    private readonly TimeProvider _time;
    private readonly PacketRing _ring;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _flush;
    private TaskCompletionSource? _flushing;
    private Exception? _error;
    private bool _asleep;
    private bool _hurry;
    private bool _closed;
    private long _dropped;

    /// <summary>Starts a capture on a stream, which it will dispose.</summary>
    /// <param name="stream">Takes the file, from its header on.</param>
    /// <param name="name">What the device is called, such as the file's path.</param>
    /// <param name="bufferSize">Bytes that may wait to be written; what does not fit is dropped and counted.</param>
    /// <param name="time">Stamps the packets that bring no time of their own. Default: the system's clock.</param>
    public PcapWriter(Stream stream, string name, int bufferSize = DefaultBufferSize, TimeProvider? time = null)
    {
        _stream = stream;
        Name = name;
        _time = time ?? TimeProvider.System;
        _ring = new PacketRing(bufferSize);
        PcapFormat.TryBegin(_ring);
        _thread = new Thread(WriteOut) { IsBackground = true, Name = "pcap" };
        _thread.Start();
    }

    /// <summary>
    /// Creates the file, or empties it, for its owner alone: what others send through the tunnel is in it. "-" is standard
    /// output.
    /// </summary>
    /// <exception cref="IOException">The file cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor may it be.</exception>
    public static PcapWriter Create(string path) => new(CaptureFile.Create(path), path);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description => "pcap capture of inner packets";

    /// <inheritdoc/>
    public LinkLayers LinkType => LinkLayers.Raw;

    /// <summary>Packets that did not fit the buffer, or came after writing failed.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Ends when the capture does; faulted if the file could not be written.</summary>
    public Task Completion => _completion.Task;

    /// <inheritdoc/>
    public string? LastError => _error?.Message;

    string? IPcapDevice.Filter
    {
        get => null;
        set => throw new NotSupportedException("The writer has no filter.");
    }

    PhysicalAddress? IPcapDevice.MacAddress => null;

    /// <inheritdoc/>
    public void OnPacket(DateTime timestamp, PacketDirection direction, ReadOnlySpan<byte> packet) =>
        Write(timestamp, packet, packet.Length);

    /// <summary>Writes a packet that was captured elsewhere, with its time.</summary>
    /// <exception cref="ArgumentException">The capture is not of raw IP packets.</exception>
    public void Write(RawCapture capture)
    {
        if (capture.LinkLayerType is not (LinkLayers.Raw or LinkLayers.RawLegacy))
        {
            throw new ArgumentException(
                $"Link type {capture.LinkLayerType} does not fit a file of raw IP packets.", nameof(capture));
        }

        Write(capture.Timeval.Date, capture.Data, capture.PacketLength);
    }

    /// <inheritdoc/>
    public void SendPacket(ReadOnlySpan<byte> p, ICaptureHeader? header = null) =>
        Write(header?.Timeval.Date ?? _time.GetUtcNow().UtcDateTime, p, p.Length);

    /// <summary>Returns when all that was captured so far has been handed to the operating system.</summary>
    /// <exception cref="IOException">The file could not be written.</exception>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            if (_closed || _error is not null)
            {
                return Completion;
            }

            _flush ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Wake();
            return _flush.Task;
        }
    }

    void IPcapDevice.Open(DeviceConfiguration configuration)
    {
        // It is born open.
    }

    /// <summary>Writes out what is buffered and closes the file.</summary>
    public void Close() => Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        RequestClose();
        _thread.Join();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        RequestClose();
        // A failure is for whoever looks at Completion; disposing has nothing to add.
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Write(DateTime timestamp, ReadOnlySpan<byte> packet, int originalLength)
    {
        lock (_gate)
        {
            if (_closed || _error is not null || !PcapFormat.TryAdd(_ring, timestamp, packet, originalLength))
            {
                Interlocked.Increment(ref _dropped);
                return;
            }

            if (_asleep)
            {
                _asleep = false;
                Monitor.Pulse(_gate);
            }
            else if (_ring.Count > _ring.Capacity / 2)
            {
                Wake();
            }
        }
    }

    private void RequestClose()
    {
        lock (_gate)
        {
            _closed = true;
            Wake();
        }
    }

    // With the gate held: no lingering this time.
    private void Wake()
    {
        if (!_hurry)
        {
            _hurry = true;
            _asleep = false;
            Monitor.Pulse(_gate);
        }
    }

    private void WriteOut()
    {
        try
        {
            while (WaitForWork())
            {
                Drain();
            }
        }
#pragma warning disable CA1031 // Whatever the stream throws ends the capture and must not end the process.
        catch (Exception error)
#pragma warning restore CA1031
        {
            lock (_gate)
            {
                _error = error;
            }
        }

        Finish();
    }

    private bool WaitForWork()
    {
        lock (_gate)
        {
            _asleep = _ring.Count == 0 && !_hurry && !_closed;
            while (_asleep)
            {
                Monitor.Wait(_gate);
            }

            if (!_hurry && !_closed)
            {
                Monitor.Wait(_gate, Linger);
            }

            _hurry = false;
            return !_closed || _ring.Count > 0;
        }
    }

    private void Drain()
    {
        lock (_gate)
        {
            (_flushing, _flush) = (_flush, null);
        }

        // Only this thread takes from the ring, so what it returned stays put while it is written.
        for (var chunk = NextChunk(0); chunk.Length > 0; chunk = NextChunk(chunk.Length))
        {
            _stream.Write(chunk.Span);
        }

        _stream.Flush();
        _flushing?.SetResult();
        _flushing = null;
    }

    private ReadOnlyMemory<byte> NextChunk(int written)
    {
        lock (_gate)
        {
            _ring.Remove(written);
            return _ring.FirstChunk;
        }
    }

    private void Finish()
    {
        try
        {
            _stream.Dispose();
        }
        catch (IOException error)
        {
            _error ??= error;
        }

        lock (_gate)
        {
            _closed = true;
        }

        foreach (var waiting in new[] { _flushing, _flush, _completion })
        {
            if (_error is null)
            {
                waiting?.SetResult();
            }
            else
            {
                waiting?.SetException(_error);
            }
        }
    }
}
