namespace Onetun.WireGuard;

/// <summary>
/// Handshake messages that wait for their turn, so that data need not. A handshake costs about a hundred times as much as a
/// packet: a credit grows with time, and what comes when it is used up is queued.
/// </summary>
internal sealed class HandshakeQueue
{
    private const int Burst = 32;
    private static readonly TimeSpan LoadLatch = TimeSpan.FromSeconds(1);

    private readonly Queue<(byte[] Message, UdpEndPoint Source)> _queue = new();
    private readonly int _capacity;
    private readonly TimeSpan _cost;
    private readonly TimeSpan _maxCredit;
    private TokenBucket _credit;
    private TimeSpan _underLoadUntil;

    public HandshakeQueue(int capacity, int perSecond)
    {
        _capacity = capacity;
        _cost = TimeSpan.FromSeconds(1) / perSecond;
        _maxCredit = Burst * _cost;
        _credit = new TokenBucket(_maxCredit, TimeSpan.Zero);
    }

    /// <summary>When the next message that waits may be handled.</summary>
    public TimeSpan NextTurn => _queue.Count == 0 ? TimeSpan.MaxValue : _credit.At + (_cost - _credit.Tokens);

    /// <summary>
    /// Whether more come than are handled: an eighth of the queue is in use, or was within the last second (as in wireguard-go).
    /// </summary>
    public bool IsUnderLoad(TimeSpan now)
    {
        if (_queue.Count >= Math.Max(1, _capacity / 8))
        {
            _underLoadUntil = now + LoadLatch;
        }

        return now < _underLoadUntil;
    }

    /// <summary>Whether a message that has just come may be handled at once; takes what it costs.</summary>
    public bool TryStart(TimeSpan now) => _queue.Count == 0 && TrySpend(now);

    /// <summary>Has a message wait; false if there is no room.</summary>
    public bool TryEnqueue(ReadOnlySpan<byte> message, in UdpEndPoint source)
    {
        if (_queue.Count >= _capacity)
        {
            return false;
        }

        _queue.Enqueue((message.ToArray(), source));
        return true;
    }

    /// <summary>Takes the next message that waits, if it is its turn.</summary>
    public bool TryDequeue(TimeSpan now, out byte[] message, out UdpEndPoint source)
    {
        if (_queue.Count > 0 && TrySpend(now))
        {
            (message, source) = _queue.Dequeue();
            return true;
        }

        (message, source) = ([], default);
        return false;
    }

    public void Clear() => _queue.Clear();

    private bool TrySpend(TimeSpan now) => _credit.TryTake(now, _cost, _maxCredit);
}
