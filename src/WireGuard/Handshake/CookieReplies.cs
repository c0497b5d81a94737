namespace Onetun.WireGuard;

/// <summary>Cookie replies on their way out. One that finds no room is not missed: whoever it is for tries again.</summary>
internal sealed class CookieReplies
{
    private const int Capacity = 64;

    private readonly byte[] _replies = new byte[Capacity * CookieReply.Size];
    private readonly UdpEndPoint[] _destinations = new UdpEndPoint[Capacity];
    private int _count;

    /// <summary>Makes room for one more reply, if there is any.</summary>
    public bool TryAdd(in UdpEndPoint destination, out CookieReply reply)
    {
        if (_count == Capacity)
        {
            reply = default;
            return false;
        }

        _destinations[_count] = destination;
        reply = new CookieReply(_replies.AsSpan(_count * CookieReply.Size));
        _count++;
        return true;
    }

    /// <summary>Takes the newest: whoever it is for is the likeliest to be still there.</summary>
    public bool TryTake(Span<byte> buffer, out UdpEndPoint destination)
    {
        if (_count == 0)
        {
            destination = default;
            return false;
        }

        _count--;
        destination = _destinations[_count];
        _replies.AsSpan(_count * CookieReply.Size, CookieReply.Size).CopyTo(buffer);
        return true;
    }
}
