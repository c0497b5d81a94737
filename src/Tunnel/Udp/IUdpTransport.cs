using System.Net;

namespace Onetun.Tunnel;

/// <summary>
/// A bound, unconnected UDP socket that moves batches. One thread receives; one thread at a time sends, which may be
/// another one; any thread may dispose. Errors of the network are counted and never thrown.
/// </summary>
internal interface IUdpTransport : IDisposable
{
    IPEndPoint LocalEndPoint { get; }

    UdpStatistics Statistics { get; }

    /// <summary>A batch as large as this transport can fill in one turn.</summary>
    ReceiveBatch CreateReceiveBatch();

    /// <summary>Creates what can end a wait for datagrams; null if this transport or the system has no such thing.</summary>
    Poller? CreatePoller();

    /// <summary>Whether it is disposed: then nothing is received or sent any more.</summary>
    bool IsDisposed { get; }

    /// <summary>
    /// Blocks until at least one datagram is there, and takes all that are waiting, as far as they fit. Returns their number; 0
    /// only if the transport is disposed, or if a poller that it created has heard something else.
    /// </summary>
    int Receive(ReceiveBatch batch, Poller? poller = null);

    /// <summary>The same without waiting: 0 if nothing is there.</summary>
    int TryReceive(ReceiveBatch batch);

    /// <summary>
    /// Sends the whole batch in order, as well as it can; the batch stays as it is, but for sources that are refused.
    /// </summary>
    void Send(DatagramBatch batch);
}
