using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Onetun.Tunnel.Forwarding;

namespace Onetun.Forwarder.Tests;

/// <summary>A connection in memory.</summary>
internal sealed class TestEnd : IRelayEnd
{
    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024));
    private readonly Pipe _output = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _gate = Task.CompletedTask;

    /// <summary>What the relay reads.</summary>
    public PipeWriter Arriving => _input.Writer;

    public PipeReader Input => _input.Reader;

    public bool IsAborted { get; private set; }

    public Exception? WriteFailure { get; set; }

    /// <summary>The threads that wrote belong to the pool.</summary>
    public List<bool> WrittenByPool { get; } = [];

    /// <summary>Ends when a write waits at the gate.</summary>
    public Task Waiting => _waiting.Task;

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data)
    {
        if (WriteFailure is not null)
        {
            await _input.Writer.CompleteAsync(WriteFailure);
            throw WriteFailure;
        }

        WrittenByPool.Add(Thread.CurrentThread.IsThreadPoolThread);
        _waiting.TrySetResult();
        await _gate;
        foreach (var segment in data)
        {
            await _output.Writer.WriteAsync(segment);
        }
    }

    public ValueTask EndOutputAsync() => _output.Writer.CompleteAsync();

    public bool IsDelivered { get; set; } = true;

    public bool IsSent => true;

    public SocketError ProbeInput() => SocketError.Success;

    public SocketError ProbeOutput() => SocketError.Success;

    public void Abort()
    {
        IsAborted = true;
        _input.Writer.Complete(new IOException("aborted"));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Brings data; ends when there is room for more.</summary>
    public async Task ArriveAsync(byte[] data) => await _input.Writer.WriteAsync(data);

    /// <summary>From now on writes wait.</summary>
    public TaskCompletionSource CloseGate()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gate = gate.Task;
        return gate;
    }

    /// <summary>All that the relay sent, up to its end.</summary>
    public async Task<byte[]> ReadSentAsync()
    {
        var sent = new MemoryStream();
        await _output.Reader.CopyToAsync(sent);
        return sent.ToArray();
    }
}
