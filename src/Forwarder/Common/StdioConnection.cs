using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Onetun.Tunnel.Forwarding;

namespace Onetun.Forwarder.Common;

/// <summary>Standard input and output as a connection.</summary>
internal sealed class StdioConnection : IRelayEnd
{
    private readonly Stream _output;
    private readonly Action? _endOutput;
    private readonly Pipe _input = new();

    /// <param name="input">Standard input.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="endOutput">Whatever else it takes for the reader of the output to see its end.</param>
    public StdioConnection(Stream input, Stream output, Action? endOutput = null)
    {
        (_output, _endOutput) = (output, endOutput);
        Pumping = PumpAsync(input);
    }

    public PipeReader Input => _input.Reader;

    /// <summary>Ends with the input. A read of standard input cannot be cancelled, so nothing waits for it.</summary>
    public Task Pumping { get; }

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data)
    {
        // A write to a console or a pipe blocks, and whoever calls may have more to do.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            foreach (var segment in data)
            {
                await _output.WriteAsync(segment).ConfigureAwait(false);
            }

            await _output.FlushAsync().ConfigureAwait(false);
        }
        catch
        {
            Abort(); // Whoever does not listen any more may never end what it says
            throw;
        }
    }

    public async ValueTask EndOutputAsync()
    {
        await _output.DisposeAsync().ConfigureAwait(false);
        _endOutput?.Invoke();
    }

    public bool IsDelivered => true;

    public bool IsSent => true;

    public SocketError ProbeInput() => SocketError.Success;

    // A pipe or terminal that nobody reads says so when it is written to, and not before.
    public SocketError ProbeOutput() => SocketError.Success;

    /// <summary>There is no more input, whoever still has its other end.</summary>
    public void EndInput() => _input.Writer.Complete();

    public void Abort() => Input.CancelPendingRead();

    public ValueTask DisposeAsync() => _output.DisposeAsync();

    private async Task PumpAsync(Stream input)
    {
        try
        {
            await input.CopyToAsync(_input.Writer).ConfigureAwait(false);
            await _input.Writer.CompleteAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever reading throws is for the relay, which would wait for more of it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            await _input.Writer.CompleteAsync(error).ConfigureAwait(false);
        }
    }
}
