using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// A connection that can be relayed. One that ends badly throws from reads and writes; reads give what came before the end
/// first, and where a write has failed they come to an end too.
/// </summary>
internal interface IRelayEnd : IAsyncDisposable
{
    /// <summary>What arrives. What is not consumed holds the sender back.</summary>
    PipeReader Input { get; }

    /// <summary>Another way to what arrives, instead of <see cref="Input"/>, if it can be received straight to where it goes.</summary>
    WatchedInput? Watched => null;

    /// <summary>Where to write instead of <see cref="WriteAsync"/>, if what is written there is sent from there.</summary>
    PipeWriter? Output => null;

    /// <summary>Has a read, the next one if none waits, return cancelled. From any thread.</summary>
    void CancelPendingRead() => Input.CancelPendingRead();

    /// <summary>Sends, and returns when there is room for more. The data is not looked at after that.</summary>
    ValueTask WriteAsync(ReadOnlySequence<byte> data);

    /// <summary>Sends FIN after what was written; what arrives goes on.</summary>
    ValueTask EndOutputAsync();

    /// <summary>After <see cref="EndOutputAsync"/>: whether the other end is known to have all of it.</summary>
    bool IsDelivered { get; }

    /// <summary>Nothing that was written waits here any more; also where that cannot be told, or it never will go.</summary>
    bool IsSent { get; }

    /// <summary>
    /// What has broken the connection, which is to be asked now and then of one that nothing is read from: success unless a
    /// read would come to it. Waits for nothing.
    /// </summary>
    SocketError ProbeInput();

    /// <summary>The same of one that nothing is written to: success unless a write would come to it.</summary>
    SocketError ProbeOutput();

    /// <summary>Ends the connection at once with RST. Idempotent, from any thread.</summary>
    void Abort();
}
