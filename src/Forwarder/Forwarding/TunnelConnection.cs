using System.IO.Pipelines;
using System.Net.Sockets;
using Onetun.NetStack;

namespace Onetun.Forwarder.Forwarding;

/// <summary>A connection inside the tunnel.</summary>
internal sealed class TunnelConnection(TcpSocket socket) : IRelayEnd, IAsyncDisposable
{
    public PipeReader Input => socket.Input;

    /// <summary>Tells connections apart in the log, as the original's virtual port does.</summary>
    public int LocalPort => socket.LocalEndPoint.Port;

    /// <summary>Bytes that the peer has acknowledged.</summary>
    public long DeliveredBytes => socket.GetStatistics().AcknowledgedBytes;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        var flushed = await socket.Output.WriteAsync(data).ConfigureAwait(false);
        if (flushed.IsCompleted)
        {
            throw new IOException("The connection is closed.");
        }
    }

    public ValueTask EndOutputAsync() => socket.Output.CompleteAsync();

    public bool IsDelivered => socket.IsOutputAcknowledged;

    public bool IsSent => socket.UnacknowledgedBytes == 0;

    public SocketError ProbeInput() => socket.InputError;

    public SocketError ProbeOutput() => socket.OutputError;

    public void Abort() => socket.Abort();

    public ValueTask DisposeAsync() => socket.DisposeAsync();
}
