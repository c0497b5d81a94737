using System.Buffers;

namespace Onetun.NetStack;

/// <summary>
/// Reassembles fragments, within limits on memory and time (RFC 791 §3.2, RFC 8200 §4.5); overlaps are refused in both versions
/// (RFC 5722). Fragments go in by <see cref="Add"/>, and <see cref="OnTimeout"/> is due at <see cref="NextTimeout"/>; a span that
/// either returns is valid until the next call of any method.
/// </summary>
internal sealed class Reassembler
{
    private readonly ReassemblerOptions _options;
    private readonly ArrayPool<byte> _pool;
    private readonly Dictionary<FragmentKey, PartialDatagram> _datagrams;
    private readonly LinkedList<PartialDatagram> _ipv4 = new();
    private readonly LinkedList<PartialDatagram> _ipv6 = new();
    private readonly Stack<PartialDatagram> _spare = new();
    private readonly long[] _counts = new long[Enum.GetValues<ReassemblyResult>().Length];
    private PartialDatagram? _lent;

    /// <exception cref="ArgumentOutOfRangeException">A limit is out of range.</exception>
    public Reassembler(FlowKeyComparer flows, ReassemblerOptions? options = null, ArrayPool<byte>? pool = null)
    {
        _options = options ?? new ReassemblerOptions();
        _options.ThrowIfInvalid();
        _pool = pool ?? ArrayPool<byte>.Shared;
        _datagrams = new Dictionary<FragmentKey, PartialDatagram>(new FragmentKeyComparer(flows));
    }

    /// <summary>The earliest deadline; <see cref="TimeSpan.MaxValue"/> if there is none.</summary>
    public TimeSpan NextTimeout => DeadlineOf(_ipv4) < DeadlineOf(_ipv6) ? DeadlineOf(_ipv4) : DeadlineOf(_ipv6);

    /// <summary>The number of incomplete datagrams, refused ones included.</summary>
    public int DatagramCount => _datagrams.Count;

    /// <summary>Bytes of buffers in use.</summary>
    public int BytesHeld { get; private set; }

    /// <summary>Datagrams evicted for newer ones.</summary>
    public long Evicted { get; private set; }

    /// <summary>Datagrams that timed out.</summary>
    public long TimedOut { get; private set; }

    /// <summary>The number of fragments with this result.</summary>
    public long Count(ReassemblyResult result) => _counts[(int)result];

    /// <summary>Takes in a packet with this header; returns the whole packet if that completes it.</summary>
    public ReassemblyResult Add(
        TimeSpan now, ReadOnlySpan<byte> packet, scoped in IpHeader header, out ReadOnlySpan<byte> whole)
    {
        TakeBack();
        var result = AddCore(now, packet, header, out whole);
        _counts[(int)result]++;
        return result;
    }

    /// <summary>
    /// Removes a datagram that timed out, and returns its first fragment, empty if that is missing, to be answered with Time
    /// Exceeded, code 1 (RFC 792, RFC 8200 §4.5). To be called until it returns false.
    /// </summary>
    public bool OnTimeout(TimeSpan now, out ReadOnlySpan<byte> firstFragment)
    {
        TakeBack();
        while (_datagrams.Count > 0 && NextTimeout <= now)
        {
            var datagram = (DeadlineOf(_ipv4) <= now ? _ipv4 : _ipv6).First!.Value;
            if (!datagram.IsRefused)
            {
                TimedOut++;
                firstFragment = datagram.FirstFragment;
                Lend(datagram);
                return true;
            }

            Remove(datagram);
        }

        firstFragment = default;
        return false;
    }

    /// <summary>Forgets all datagrams, and returns their buffers.</summary>
    public void Clear()
    {
        TakeBack();
        foreach (var datagram in _datagrams.Values)
        {
            BytesHeld -= datagram.Capacity;
            datagram.Reset();
        }

        _datagrams.Clear();
        _ipv4.Clear();
        _ipv6.Clear();
        _spare.Clear();
    }

    private static TimeSpan DeadlineOf(LinkedList<PartialDatagram> datagrams) =>
        datagrams.First?.Value.Deadline ?? TimeSpan.MaxValue;

    private ReassemblyResult AddCore(
        TimeSpan now, ReadOnlySpan<byte> packet, scoped in IpHeader header, out ReadOnlySpan<byte> whole)
    {
        whole = default;
        if (!header.IsFragment)
        {
            // An atomic fragment is independent of others with the same identification (RFC 6946 §4)
            whole = packet[..header.TotalLength];
            return ReassemblyResult.Complete;
        }

        var result = FragmentRules.Check(packet, header);
        if (result != ReassemblyResult.Held)
        {
            return result;
        }

        var datagram = FindOrOpen(now, header);
        result = datagram.Check(packet, header);
        if (result is ReassemblyResult.Duplicate or ReassemblyResult.Refused)
        {
            return result;
        }

        if (result == ReassemblyResult.Held)
        {
            result = Store(datagram, packet, header);
        }

        if (result == ReassemblyResult.Held && datagram.IsComplete)
        {
            result = datagram.TryFinish(out whole) ? ReassemblyResult.Complete : ReassemblyResult.TooLong;
        }

        Settle(datagram, result);
        return result;
    }

    private PartialDatagram FindOrOpen(TimeSpan now, in IpHeader header)
    {
        var key = FragmentKey.Of(header);
        if (_datagrams.TryGetValue(key, out var datagram))
        {
            return datagram;
        }

        if (_datagrams.Count == _options.MaxDatagrams)
        {
            Evict(Victim(key));
        }

        if (!_spare.TryPop(out datagram))
        {
            datagram = new PartialDatagram(_pool);
        }

        datagram.Open(key, now, key.Version == 4 ? _options.Ipv4Timeout : _options.Ipv6Timeout);
        _datagrams.Add(key, datagram);
        ListOf(key).AddLast(datagram.Node);
        return datagram;
    }

    private ReassemblyResult Store(PartialDatagram datagram, ReadOnlySpan<byte> packet, in IpHeader header)
    {
        if (!datagram.HasRoomForOneMore(_options.MaxFragments))
        {
            return ReassemblyResult.TooManyFragments;
        }

        var before = datagram.Capacity;
        if (!TryMakeRoom(datagram.CapacityWith(header) - before, datagram))
        {
            return ReassemblyResult.NoRoom;
        }

        datagram.Store(packet, header);
        BytesHeld += datagram.Capacity - before;
        return ReassemblyResult.Held;
    }

    private bool TryMakeRoom(int bytes, PartialDatagram datagram)
    {
        while (BytesHeld > _options.MaxBytes - bytes)
        {
            var victim = Victim(datagram.Key);
            if (victim == datagram)
            {
                return false;
            }

            Evict(victim);
        }

        return true;
    }

    private void Settle(PartialDatagram datagram, ReassemblyResult result)
    {
        switch (result)
        {
            case ReassemblyResult.Held:
                break;
            case ReassemblyResult.Complete:
                Lend(datagram);
                break;
            default:
                BytesHeld -= datagram.Capacity;
                datagram.Refuse();
                break;
        }
    }

    /// <summary>
    /// The datagram to evict for one more of a source: the oldest of all, or the source's own oldest if it has a quarter of them,
    /// so that one source's incomplete datagrams do not crowd out others.
    /// </summary>
    private PartialDatagram Victim(in FragmentKey key)
    {
        PartialDatagram? own = null;
        var count = 0;
        foreach (var datagram in ListOf(key))
        {
            if (datagram.Key.Source == key.Source)
            {
                own ??= datagram;
                count++;
            }
        }

        return own is not null && count >= _options.MaxDatagrams / 4 ? own : Oldest();
    }

    private PartialDatagram Oldest()
    {
        var ipv4 = _ipv4.First?.Value;
        var ipv6 = _ipv6.First?.Value;
        return ipv6 is null || ipv4?.Arrived <= ipv6.Arrived ? ipv4! : ipv6;
    }

    private void Evict(PartialDatagram datagram)
    {
        if (!datagram.IsRefused)
        {
            Evicted++;
        }

        Remove(datagram);
    }

    private void Remove(PartialDatagram datagram)
    {
        Lend(datagram);
        TakeBack();
    }

    /// <summary>Removes a datagram, but keeps its buffer, which the caller is about to read.</summary>
    private void Lend(PartialDatagram datagram)
    {
        _datagrams.Remove(datagram.Key);
        ListOf(datagram.Key).Remove(datagram.Node);
        _lent = datagram;
    }

    private void TakeBack()
    {
        if (_lent is null)
        {
            return;
        }

        BytesHeld -= _lent.Capacity;
        _lent.Reset();
        _spare.Push(_lent);
        _lent = null;
    }

    private LinkedList<PartialDatagram> ListOf(in FragmentKey key) => key.Version == 4 ? _ipv4 : _ipv6;
}
