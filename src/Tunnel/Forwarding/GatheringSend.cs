using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Pipelines.Sockets.Unofficial;

namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// Sends pieces of memory with one system call. The 20 to 60 KB that come in one round through the tunnel lie in blocks of 16
/// KiB, and each call of its own would wake whoever reads at the other end.
/// </summary>
internal sealed class GatheringSend : IDisposable
{
    private readonly List<ArraySegment<byte>> _pieces = [];
    private SocketAwaitableEventArgs? _operation; // Of those that wait

    /// <summary>Returns how many bytes a socket that does not block has taken; one call at a time.</summary>
    public int Send(Socket socket, ReadOnlySequence<byte> data, out SocketError error)
    {
        Collect(data);
        try
        {
            return socket.Send(_pieces, SocketFlags.None, out error);
        }
        finally
        {
            _pieces.Clear(); // The blocks are others' again
        }
    }

    /// <summary>Returns how many bytes were sent; one call at a time.</summary>
    /// <exception cref="SocketException">The connection has ended.</exception>
    public async ValueTask<int> SendAsync(Socket socket, ReadOnlySequence<byte> data)
    {
        Collect(data);
        _operation ??= new SocketAwaitableEventArgs(PipeScheduler.Inline);
        _operation.BufferList = _pieces;
        try
        {
            if (!socket.SendAsync(_operation))
            {
                _operation.Complete();
            }

            return await _operation;
        }
        finally
        {
            _operation.BufferList = null;
            _pieces.Clear();
        }
    }

    public void Dispose() => _operation?.Dispose();

    private void Collect(ReadOnlySequence<byte> data)
    {
        foreach (var segment in data)
        {
            _pieces.Add(MemoryMarshal.TryGetArray(segment, out var piece) ? piece : segment.ToArray());
        }
    }
}
