namespace Onetun.NetStack;

/// <summary>
/// Finds the longest packet that a path takes, by echo requests to a host at its end (RFC 8899 §6.2.2.1 describes the like):
/// one of the full length and a short one, which tells a path that swallows the former from a host that does not answer;
/// then twice those in between as well.
/// </summary>
internal sealed class PathSearch(NetworkPath path, IpAddress local, IpAddress remote, int mtu, ushort identifier)
{
    /// <summary>Sent last: once it is answered, what is missing was lost and is not merely late.</summary>
    private const int Short = 84;

    private const int Rounds = 3;

    /// <summary>The first wait; each is twice the one before.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(0.5);

    // WireGuard pads to multiples of 16, so that there is nothing to be found between them
    private static readonly int[] Steps =
        [1408, 1392, 1376, 1360, 1344, 1328, 1312, 1296, 1280, 1264, 1248, 1232, 1216, 1200, 1024, 768, PathMtus.Smallest4];

    private readonly int[] _lengths = [mtu, .. Steps.Where(step => step < mtu), Short];
    private int _round;
    private int _next;

    public NetworkPath Path => path;

    /// <summary>When the next round is due, or the search over.</summary>
    public TimeSpan Deadline { get; private set; }

    /// <summary>The longest request that was answered, bytes; 0 if none was.</summary>
    public int Longest { get; private set; }

    public bool IsOver => _round > Rounds || Longest == mtu;

    public void BeginRound(TimeSpan now)
    {
        Deadline = now + (Wait * (1 << _round));
        (_round, _next) = (_round + 1, 0);
    }

    /// <summary>Writes the next request, if one is due.</summary>
    public bool TryTransmit(Span<byte> packet, out int length)
    {
        length = 0;
        if (_round > Rounds || _next == _lengths.Length)
        {
            return false;
        }

        length = _lengths[_next];
        _next = _round == 1 && _next == 0 ? _lengths.Length - 1 : _next + 1;
        IcmpEcho.WriteRequest(packet[..length], local, remote, identifier, sequence: (ushort)length);
        return true;
    }

    /// <summary>False if it answers no request of ours: the sequence number is the length.</summary>
    public bool OnReply(in IcmpMessage reply)
    {
        var length = HeaderPrototype.IpLength(remote) + IcmpMessage.HeaderLength + reply.Body.Length;
        if (reply.Source != remote || reply.Identifier != identifier || reply.SequenceNumber != length
            || Array.IndexOf(_lengths, length) < 0)
        {
            return false;
        }

        Longest = Math.Max(Longest, length);
        return true;
    }
}
