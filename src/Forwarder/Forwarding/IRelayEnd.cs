using System.IO.Pipelines;

namespace Onetun.Forwarder.Forwarding;

/// <summary>A connection that can be relayed. One that ends badly throws from reads and writes.</summary>
internal interface IRelayEnd : IAsyncDisposable
{
    /// <summary>What arrives. What is not consumed holds the sender back.</summary>
    PipeReader Input { get; }

    /// <summary>Sends, and returns when there is room for more. The data is not looked at after that.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> data);

    /// <summary>Sends FIN behind what was written; <see cref="Input"/> goes on.</summary>
    ValueTask EndOutputAsync();

    /// <summary>After <see cref="EndOutputAsync"/>: whether the other end is known to have all of it.</summary>
    bool IsDelivered { get; }

    /// <summary>
    /// To be asked now and then once <see cref="Input"/> has ended and as long as there is nothing to write: throws if the
    /// connection has broken since, which nothing else tells then.
    /// </summary>
    ValueTask ProbeAsync();

    /// <summary>Ends the connection at once with RST. Idempotent, from any thread.</summary>
    void Abort();
}
