using System.Net.NetworkInformation;
using PacketDotNet;
using SharpPcap;

namespace Onetun.Capture;

/// <summary>
/// Writes packets to a classic pcap file that Wireshark can open: little-endian, microseconds, LINKTYPE_RAW. Packets are copied
/// into a bounded buffer, which a thread of its own writes out: a slow disk costs packets of the capture, which are counted, and
/// never holds up the caller. Thread-safe. It is also a device of SharpPcap, without the native library.
/// </summary>
public sealed class PcapWriter : IPacketTap, IInjectionDevice, IAsyncDisposable
{
    /// <summary>Bytes of the buffer between capturing and writing, unless another size is asked for: 16 MiB.</summary>
    public const int DefaultBufferSize = 16 << 20;

    // Long enough to write a burst in one go, short enough for someone who watches live
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

    /// <summary>Starts a capture to a stream, which is disposed when the capture ends.</summary>
    /// <param name="stream">Where the file is written, from its header on.</param>
    /// <param name="name">The <see cref="Name"/> of the device, such as the path of the file.</param>
    /// <param name="bufferSize">
    /// Bytes that may wait to be written, at least 24; packets that do not fit are dropped and counted.
    /// </param>
    /// <param name="time">The clock for packets that come without a time. Default: the system's.</param>
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
    /// Starts a capture to a file, which is created or emptied, and which only its owner may read or write: it holds what
    /// others send through the tunnel. The path <c>-</c> stands for standard output.
    /// </summary>
    /// <exception cref="IOException">The file cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not create or write the file.</exception>
    public static PcapWriter Create(string path) => new(CaptureFile.Create(path), path);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description => "pcap capture of inner packets";

    /// <inheritdoc/>
    public LinkLayers LinkType => LinkLayers.Raw;

    /// <summary>Packets that are not in the file: the buffer was full, the capture had ended, or writing had failed.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Completes when the capture has ended; faulted if the file could not be written.</summary>
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

    /// <summary>Writes a packet that was captured elsewhere, with the time and length given there.</summary>
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

    /// <summary>Completes when everything captured so far has been handed to the operating system.</summary>
    /// <exception cref="IOException">The file could not be written; it comes from the task.</exception>
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
        // It is open from the start
    }

    /// <summary>Ends the capture as <see cref="Dispose"/> does.</summary>
    public void Close() => Dispose();

    /// <summary>Writes out what is buffered and closes the file; blocks until that is done. Does not throw if it fails.</summary>
    public void Dispose()
    {
        RequestClose();
        _thread.Join();
    }

    /// <summary>
    /// Writes out what is buffered and closes the file. Does not throw if it fails: <see cref="Completion"/> tells.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        RequestClose();
        // A failure is for whoever looks at Completion
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

    // With the gate held: no lingering this time
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

        // Only this thread takes from the ring, so what it returned stays in place while it is written
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
