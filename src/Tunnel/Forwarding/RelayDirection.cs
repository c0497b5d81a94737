using Onetun.NetStack;

namespace Onetun.Tunnel.Forwarding;

/// <summary>One way, and how far it is.</summary>
internal sealed class RelayDirection(IRelayEnd source, IRelayEnd destination)
{
    /// <summary>
    /// After this much without a wait it goes on in the thread pool, as it may be the thread that drives the tunnel that it
    /// runs on (<see cref="TcpSocket.ContinuesInline"/>): sealing as much takes that some 2 ms.
    /// </summary>
    private const int Stretch = 256 * 1024;

    private volatile RelayPhase _phase;
    private int _isFinished;
    private long _bytesSeen;
    private int _stalls;
    private long _stretchStart;

    public IRelayEnd Source { get; } = source;

    public IRelayEnd Destination { get; } = destination;

    /// <summary>Who is at fault if something fails now.</summary>
    public IRelayEnd Turn { get; set; } = source;

    public long Bytes { get; private set; }

    public RelayPhase Phase
    {
        get => _phase;
        set => _phase = value;
    }

    public bool IsFinished => Volatile.Read(ref _isFinished) != 0;

    public void Finish() => Interlocked.Exchange(ref _isFinished, 1);

    /// <summary>How often in a row there was no progress; only one may ask at a time.</summary>
    public int CountStalls()
    {
        var bytes = Bytes;
        _stalls = bytes == _bytesSeen ? _stalls + 1 : 0;
        _bytesSeen = bytes;
        return _stalls;
    }

    public bool IsStretchOver => Bytes - _stretchStart >= Stretch;

    public void Rest() => _stretchStart = Bytes;

    public void Count(long bytes) => Bytes += bytes;
}
