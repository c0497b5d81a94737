using System.Threading.Channels;

namespace Onetun.Capture;

/// <summary>
/// Writes one line for each packet. For looking on, not for bulk: every packet costs a copy and a line.
/// </summary>
public sealed class PacketLog : IPacketTap, IAsyncDisposable
{
    private const int Backlog = 1024;

    private readonly Channel<Entry> _entries;
    private readonly TextWriter _output;
    private readonly Task _writing;
    private long _dropped;

    /// <summary>Starts to write to a text that it leaves open.</summary>
    public PacketLog(TextWriter output)
    {
        _output = output;
        _entries = Channel.CreateBounded<Entry>(
            new BoundedChannelOptions(Backlog) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true },
            _ => Interlocked.Increment(ref _dropped));
        _writing = WriteAsync();
    }

    /// <summary>Packets that came faster than their lines could be written.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <inheritdoc/>
    public void OnPacket(DateTime timestamp, PacketDirection direction, ReadOnlySpan<byte> packet) =>
        _entries.Writer.TryWrite(new Entry(timestamp, direction, packet.ToArray()));

    /// <summary>Writes the lines that are due, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        await foreach (var entry in _entries.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            var arrow = entry.Direction == PacketDirection.Inbound ? '<' : '>';
            var line = $"{entry.Timestamp:HH:mm:ss.ffffff} {arrow} {PacketDescription.Describe(entry.Packet)}";
            await _output.WriteLineAsync(line).ConfigureAwait(false);
        }
    }

    private readonly record struct Entry(DateTime Timestamp, PacketDirection Direction, byte[] Packet);
}
