namespace Onetun.NetStack;

/// <summary>
/// Searches the MTU of a path by echo requests to a host at its end (similar to RFC 8899 §6.2.2.1): first one of full length and a
/// short one, which distinguishes a path that drops long packets from a host that does not answer; then, in two more rounds, those
/// in between as well.
/// </summary>
internal sealed class PathSearch(NetworkPath path, IpAddress local, IpAddress remote, int mtu, ushort identifier)
{
    /// <summary>
    /// The length of the short request, in bytes, which is sent last: once it is answered, missing replies are not merely late.
    /// </summary>
    private const int Short = 84;

    private const int Rounds = 3;

    /// <summary>The length of the first round; each further one is twice as long.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(0.5);

    // WireGuard pads packets to multiples of 16 bytes, so that the lengths between them make no difference
    private static readonly int[] Steps =
        [1408, 1392, 1376, 1360, 1344, 1328, 1312, 1296, 1280, 1264, 1248, 1232, 1216, 1200, 1024, 768, PathMtus.Smallest4];

    private readonly int[] _lengths = [mtu, .. Steps.Where(step => step < mtu), Short];
    private int _round;
    private int _next;

    public NetworkPath Path => path;

    /// <summary>When the next round is due, or the search is over.</summary>
    public TimeSpan Deadline { get; private set; }

    /// <summary>The longest request that was answered, in bytes; 0 if none was.</summary>
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

    /// <summary>Takes a reply; false if it answers no request of ours, whose sequence numbers are their lengths.</summary>
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
