using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net.Sockets;
using Onetun.Tunnel.Forwarding;

namespace Onetun.Forwarder.Gate;

/// <summary>
/// A connection whose end differs from a break: a Unix-domain socket reads alike whether its process has closed it or was
/// killed. Data goes in pieces of at most 65,535 bytes, each after its length in two bytes, the higher first; an empty piece
/// is the end.
/// </summary>
internal sealed class FramedConnection : IRelayEnd
{
    private const int Header = sizeof(ushort);

    /// <summary>All that goes over a connection on which nothing is said.</summary>
    public static ReadOnlyMemory<byte> End { get; } = new byte[Header];

    private readonly IRelayEnd _connection;

    // Each piece is taken before the next is read, so that a break, which a pipe tells at once, overtakes nothing.
    private readonly Pipe _input = new(new PipeOptions(
        pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));

    private readonly Task _unpacking;

    /// <summary>Takes the connection over.</summary>
    public FramedConnection(IRelayEnd connection)
    {
        _connection = connection;
        _unpacking = UnpackAsync();
    }

    public PipeReader Input => _input.Reader;

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data)
    {
        for (; data.Length > ushort.MaxValue; data = data.Slice(ushort.MaxValue))
        {
            await WritePieceAsync(data.Slice(0, ushort.MaxValue)).ConfigureAwait(false);
        }

        if (!data.IsEmpty)
        {
            await WritePieceAsync(data).ConfigureAwait(false);
        }
    }

    public async ValueTask EndOutputAsync()
    {
        await WritePieceAsync(default).ConfigureAwait(false);
        await _connection.EndOutputAsync().ConfigureAwait(false);
    }

    public bool IsDelivered => _connection.IsDelivered;

    public bool IsSent => _connection.IsSent;

    public SocketError ProbeInput() => _connection.ProbeInput();

    public SocketError ProbeOutput() => _connection.ProbeOutput();

    public void Abort() => _connection.Abort();

    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync().ConfigureAwait(false);
        _connection.Input.CancelPendingRead();
        await _unpacking.ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask WritePieceAsync(ReadOnlySequence<byte> data)
    {
        var length = (int)data.Length;
        var piece = ArrayPool<byte>.Shared.Rent(Header + length);
        try
        {
            BinaryPrimitives.WriteUInt16BigEndian(piece, (ushort)length);
            data.CopyTo(piece.AsSpan(Header));
            await _connection.WriteAsync(piece.AsMemory(0, Header + length)).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private async Task UnpackAsync()
    {
        Exception? failure = null;
        try
        {
            while (await UnpackPieceAsync().ConfigureAwait(false))
            {
            }
        }
#pragma warning disable CA1031 // Whatever breaks the connection is for whoever reads.
        catch (Exception error)
#pragma warning restore CA1031
        {
            failure = error;
        }

        await _input.Writer.CompleteAsync(failure).ConfigureAwait(false);
    }

    /// <summary>False at the end, or if nobody reads any more.</summary>
    private async ValueTask<bool> UnpackPieceAsync()
    {
        var header = await ReadAsync(Header).ConfigureAwait(false);
        var length = LengthOf(header);
        _connection.Input.AdvanceTo(header.End);
        if (length == 0)
        {
            return false;
        }

        var piece = await ReadAsync(length).ConfigureAwait(false);
        foreach (var segment in piece)
        {
            _input.Writer.Write(segment.Span);
        }

        _connection.Input.AdvanceTo(piece.End);
        return !(await _input.Writer.FlushAsync().ConfigureAwait(false)).IsCompleted;
    }

    private async ValueTask<ReadOnlySequence<byte>> ReadAsync(int count)
    {
        var read = await _connection.Input.ReadAtLeastAsync(count).ConfigureAwait(false);
        return read.Buffer.Length >= count
            ? read.Buffer.Slice(0, count)
            : throw new EndOfStreamException("it was reset");
    }

    private static int LengthOf(ReadOnlySequence<byte> header)
    {
        Span<byte> bytes = stackalloc byte[Header];
        header.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }
}
