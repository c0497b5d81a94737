using System.Net.NetworkInformation;
using PacketDotNet;
using SharpPcap;

namespace Onetun.Capture;

/// <summary>
/// Writes packets to a pcap or pcapng file that Wireshark can open, of LINKTYPE_RAW. Packets are copied into a bounded buffer, which a
/// thread of its own writes out: a slow disk costs packets of the capture, which are counted, and never holds up the caller.
/// Thread-safe. It is also a device of SharpPcap, without the native library.
/// </summary>
public sealed class PcapWriter : IPacketTap, IInjectionDevice, IAsyncDisposable
{
    // Long enough to write a burst in one go, short enough for someone who watches live
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(10);

    private readonly object _gate = new();
    private readonly PcapOptions _options;
    private readonly CaptureBuffer _buffer;
    private readonly Func<Stream>? _nextFile;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream _stream;
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
    /// <param name="options">What is written.</param>
    /// <exception cref="ArgumentException">The layers do not go with the format, or the buffer is too small for its header.</exception>
    public PcapWriter(Stream stream, string name, PcapOptions? options = null)
        : this(stream, name, options ?? new PcapOptions(), nextFile: null)
    {
    }

    private PcapWriter(Stream stream, string name, PcapOptions options, Func<Stream>? nextFile)
    {
        (_stream, Name, _options, _nextFile) = (stream, name, options, nextFile);
        _buffer = new CaptureBuffer(options);
        _thread = new Thread(WriteOut) { IsBackground = true, Name = "pcap" };
        _thread.Start();
    }

    /// <summary>
    /// Starts a capture to a file, which is created or emptied, and which only its owner may read or write: it holds what
    /// others send through the tunnel. The path <c>-</c> stands for standard output. With <see cref="PcapOptions.MaxFileSize"/> it
    /// goes on in further files, which have a number before their extension: <c>wg.pcapng</c>, <c>wg-1.pcapng</c>.
    /// </summary>
    /// <exception cref="ArgumentException">The layers do not go with the format, or the buffer is too small for its header.</exception>
    /// <exception cref="IOException">The file cannot be created, or cannot be one of several.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not create or write the file.</exception>
    public static PcapWriter Create(string path, PcapOptions? options = null)
    {
        options ??= new PcapOptions();
        if (options.MaxFileSize == 0)
        {
            return new PcapWriter(CaptureFile.Create(path), path, options);
        }

        var series = new CaptureSeries(path, options.MaxFiles);
        var first = series.First();
        if (first.CanSeek)
        {
            return new PcapWriter(first, path, options, series.Next);
        }

        first.Dispose();
        throw new IOException("it is no regular file, and only such a one can be followed by another");
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description => $"{(_options.Format == PcapFileFormat.Pcapng ? "pcapng" : "pcap")} file of {Layers.Describe()}";

    /// <inheritdoc/>
    public TapLayers Layers => _options.Layers;

    /// <inheritdoc/>
    public LinkLayers LinkType => LinkLayers.Raw;

    /// <summary>Packets that are not in the file: the buffer was full, or writing had failed. What comes after the end does not count.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Completes when the capture has ended; faulted if the file could not be written.</summary>
    public Task Completion => _completion.Task;

    /// <inheritdoc/>
    public string? LastError => _error?.Message;

    string? IPcapDevice.Filter
    {
        get => _options.Filter?.ToString();
        set => throw new NotSupportedException("The filter of the writer is one of its options.");
    }

    PhysicalAddress? IPcapDevice.MacAddress => null;

    /// <inheritdoc/>
    public void OnPacket(in TappedPacket packet) => Write(packet, packet.Direction, packet.Bytes.Length);

    /// <inheritdoc/>
    public void OnKeys(ReadOnlySpan<byte> keyLog)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _buffer.AddKeys(keyLog);
            }
        }
    }

    /// <summary>Writes a packet that was captured elsewhere, with the time and length given there.</summary>
    /// <exception cref="ArgumentException">The capture is not of raw IP packets.</exception>
    public void Write(RawCapture capture)
    {
        if (capture.LinkLayerType is not (LinkLayers.Raw or LinkLayers.RawLegacy))
        {
            throw new ArgumentException(
                $"Link type {capture.LinkLayerType} does not fit a file of raw IP packets.", nameof(capture));
        }

        Write(Foreign(capture.Timeval.Date, capture.Data, isOuter: false), direction: null, capture.PacketLength);
    }

    /// <summary>
    /// Writes a packet that was captured elsewhere, with what its header tells: the time, without which it is now, and, if it is of
    /// a <see cref="LiveTap"/>, the length and the direction too. In a file of both layers a datagram of one goes among the
    /// datagrams, and everything else among the inner packets.
    /// </summary>
    /// <param name="p">An IPv4 or IPv6 packet.</param>
    /// <param name="header">What is known of it.</param>
    public void SendPacket(ReadOnlySpan<byte> p, ICaptureHeader? header = null)
    {
        var tapped = header as TapHeader;
        var time = header?.Timeval.Date ?? _buffer.UtcNow;
        Write(Foreign(time, p, tapped?.IsOuter ?? false), tapped?.Direction, Math.Max(p.Length, tapped?.PacketLength ?? 0));
    }

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

    // In a file of one layer there is one place for it
    private TappedPacket Foreign(DateTime time, ReadOnlySpan<byte> bytes, bool isOuter) => new(time, default, bytes)
    {
        IsOuter = Layers.HasFlag(TapLayers.Outer) && (isOuter || !Layers.HasFlag(TapLayers.Inner)),
    };

    private void Write(in TappedPacket packet, PacketDirection? direction, int originalLength)
    {
        lock (_gate)
        {
            if (_closed && _error is null)
            {
                return;
            }

            if (_error is not null || !_buffer.TryAdd(packet, direction, originalLength))
            {
                Interlocked.Increment(ref _dropped);
            }
            else if (_buffer.IsComplete)
            {
                End();
            }
            else if (_asleep && !_buffer.IsEmpty)
            {
                _asleep = false;
                Monitor.Pulse(_gate);
            }
            else if (_buffer.Ring.Count > _buffer.Ring.Capacity / 2)
            {
                Wake();
            }
        }
    }

    private void RequestClose()
    {
        lock (_gate)
        {
            End();
        }
    }

    // With the gate held
    private void End()
    {
        if (!_closed)
        {
            _closed = true;
            _buffer.End();
        }

        Wake();
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
            _asleep = _buffer.IsEmpty && !_hurry && !_closed;
            while (_asleep)
            {
                Monitor.Wait(_gate);
            }

            if (!_hurry && !_closed)
            {
                Monitor.Wait(_gate, Linger);
            }

            _hurry = false;
            return !_closed || !_buffer.IsEmpty;
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
        bool isNextFile;
        lock (_gate)
        {
            _buffer.Ring.Remove(written);
            isNextFile = _buffer.Ring.TryTakeMark();
        }

        if (isNextFile)
        {
            _stream.Dispose();
            _stream = _nextFile!();
        }

        lock (_gate)
        {
            return _buffer.Ring.FirstChunk;
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
            _buffer.Wipe();
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
