using System.Threading.Channels;

namespace Onetun.Capture;

/// <summary>
/// Writes a line for each packet (<see cref="PacketDescription"/>): to watch, not for heavy traffic, since every packet costs a
/// copy and a line. Thread-safe.
/// </summary>
public sealed class PacketLog : IPacketTap, IAsyncDisposable
{
    private const int Backlog = 1024;

    private readonly Channel<Entry> _entries;
    private readonly TextWriter _output;
    private readonly Task _writing;
    private long _dropped;

    /// <summary>Starts to write to a writer, which it leaves open. Nothing else may write to it at the same time.</summary>
    public PacketLog(TextWriter output)
    {
        _output = output;
        _entries = Channel.CreateBounded<Entry>(
            new BoundedChannelOptions(Backlog) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true },
            _ => Interlocked.Increment(ref _dropped));
        _writing = WriteAsync();
    }

    /// <summary>Packets left out because 1,024 others were waiting for their lines to be written.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <inheritdoc/>
    public void OnPacket(DateTime timestamp, PacketDirection direction, ReadOnlySpan<byte> packet) =>
        _entries.Writer.TryWrite(new Entry(timestamp, direction, packet.ToArray()));

    /// <summary>Writes the lines that are still waiting, then ends. Packets that come later are ignored.</summary>
    /// <exception cref="IOException">The writer threw it; any other exception of the writer comes out here too.</exception>
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
