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
    private readonly PacketFilter? _filter;
    private readonly Task _writing;
    private long _dropped;

    /// <summary>Starts to write to a writer, which it leaves open. Nothing else may write to it at the same time.</summary>
    /// <param name="output">The writer.</param>
    /// <param name="filter">Which packets have a line. Default all.</param>
    public PacketLog(TextWriter output, PacketFilter? filter = null)
    {
        (_output, _filter) = (output, filter);
        _entries = Channel.CreateBounded<Entry>(
            new BoundedChannelOptions(Backlog) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true },
            _ => Interlocked.Increment(ref _dropped));
        _writing = WriteAsync();
    }

    /// <summary>Packets left out because 1,024 others were waiting for their lines to be written.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <inheritdoc/>
    public void OnPacket(in TappedPacket packet)
    {
        if (_filter?.Matches(packet.Bytes) ?? true)
        {
            _entries.Writer.TryWrite(new Entry(packet.Timestamp, packet.Direction, packet.Bytes.ToArray(), packet.Comment));
        }
    }

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
            if (entry.Comment is not null)
            {
                line += $" ({entry.Comment})";
            }

            await _output.WriteLineAsync(line).ConfigureAwait(false);
        }
    }

    private readonly record struct Entry(DateTime Timestamp, PacketDirection Direction, byte[] Packet, string? Comment);
}
