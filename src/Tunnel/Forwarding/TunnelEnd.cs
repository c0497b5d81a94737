using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Onetun.NetStack;

namespace Onetun.Tunnel.Forwarding;

/// <summary>A connection inside the tunnel.</summary>
internal sealed class TunnelEnd : IRelayEnd, IAsyncDisposable
{
    private readonly TcpSocket _socket;

    /// <summary>Takes the socket over: whoever waits for it copies and hands on, and blocks nowhere.</summary>
    public TunnelEnd(TcpSocket socket)
    {
        _socket = socket;
        socket.ContinuesInline = true;
    }

    public PipeReader Input => _socket.Input;

    public PipeWriter Output => _socket.Output;

    /// <summary>Tells connections apart in the log, as the original's virtual port does.</summary>
    public int LocalPort => _socket.LocalEndPoint.Port;

    /// <summary>Bytes that the peer has acknowledged.</summary>
    public long DeliveredBytes => _socket.GetStatistics().AcknowledgedBytes;

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        foreach (var segment in data)
        {
            _socket.Output.Write(segment.Span);
        }

        var flushed = await _socket.Output.FlushAsync().ConfigureAwait(false);
        if (flushed.IsCompleted)
        {
            throw new IOException("The connection is closed.");
        }
    }

    public ValueTask EndOutputAsync() => _socket.Output.CompleteAsync();

    public bool IsDelivered => _socket.IsOutputAcknowledged;

    public bool IsSent => _socket.UnacknowledgedBytes == 0;

    public SocketError ProbeInput() => _socket.InputError;

    public SocketError ProbeOutput() => _socket.OutputError;

    public void Abort() => _socket.Abort();

    public ValueTask DisposeAsync() => _socket.DisposeAsync();
}
