using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Onetun.NetStack;

/// <summary>
/// A datagram of which fragments are missing. One buffer holds the header of the first fragment and, after it, the payload with
/// gaps. A refused datagram holds no buffer, and stays so that its further fragments are dropped (RFC 5722 §4).
/// </summary>
internal sealed class PartialDatagram
{
    private readonly ArrayPool<byte> _pool;
    private readonly FragmentRuns _runs = new();
    private byte[] _buffer = [];
    private int _headerLength;
    private int _linkOffset;
    private int _firstLength;
    private int _fragments;
    private int _reach;
    private int _end;
    private bool _hasMarked; // A fragment has CE; below, one is Not-ECT (RFC 3168 §5.3)
    private bool _hasUnmarkable;

    public PartialDatagram(ArrayPool<byte> pool)
    {
        _pool = pool;
        Node = new LinkedListNode<PartialDatagram>(this);
    }

    public LinkedListNode<PartialDatagram> Node { get; }

    public FragmentKey Key { get; private set; }

    public TimeSpan Arrived { get; private set; }

    public TimeSpan Deadline { get; private set; }

    public bool IsRefused { get; private set; }

    public int Capacity => _buffer.Length;

    public bool IsComplete => _end > 0 && _runs.IsWhole(_end);

    /// <summary>The first fragment as it arrived; empty if it has not.</summary>
    public ReadOnlySpan<byte> FirstFragment => _buffer.AsSpan(0, _firstLength);

    public void Open(in FragmentKey key, TimeSpan now, TimeSpan timeout)
    {
        Key = key;
        Arrived = now;
        Deadline = now + timeout;
    }

    /// <summary><see cref="ReassemblyResult.Held"/> if the fragment may be stored, otherwise why it may not.</summary>
    public ReassemblyResult Check(ReadOnlySpan<byte> packet, in IpHeader header)
    {
        if (IsRefused)
        {
            return ReassemblyResult.Refused;
        }

        var payload = header.Payload(packet);
        var start = header.FragmentOffset;
        var end = start + payload.Length;
        var isEndRight = header.MoreFragments
            ? _end == 0 || end < _end
            : _end == 0 ? end > _reach : end == _end;
        if (!isEndRight)
        {
            return ReassemblyResult.EndMismatch;
        }

        if (!_runs.Overlaps(start, end))
        {
            return (_hasMarked && header.Ecn == EcnField.NotEct) || (_hasUnmarkable && header.Ecn == EcnField.Ce)
                ? ReassemblyResult.EcnMismatch
                : ReassemblyResult.Held;
        }

        // RFC 8200 §4.5 allows exact duplicates; so is a part of what was received, if all its bytes are equal
        return _runs.Contains(start, end)
            && payload.SequenceEqual(_buffer.AsSpan(_headerLength + start, payload.Length))
            ? ReassemblyResult.Duplicate
            : ReassemblyResult.Overlap;
    }

    public bool HasRoomForOneMore(int maxFragments) => _fragments < maxFragments;

    /// <summary>The length of the buffer once the fragment is stored, in bytes.</summary>
    public int CapacityWith(in IpHeader header)
    {
        var needed = HeaderLengthWith(header) + Math.Max(_reach, header.FragmentOffset + PayloadLength(header));
        return Math.Max(Capacity, (int)BitOperations.RoundUpToPowerOf2((uint)needed));
    }

    public void Store(ReadOnlySpan<byte> packet, in IpHeader header)
    {
        Arrange(CapacityWith(header), HeaderLengthWith(header));
        var payload = header.Payload(packet);
        var start = header.FragmentOffset;
        var end = start + payload.Length;
        payload.CopyTo(_buffer.AsSpan(_headerLength + start));
        _runs.Add(start, end);
        _fragments++;
        _reach = Math.Max(_reach, end);
        _hasMarked |= header.Ecn == EcnField.Ce;
        _hasUnmarkable |= header.Ecn == EcnField.NotEct;
        if (!header.MoreFragments)
        {
            _end = end;
        }

        if (start == 0)
        {
            packet[..header.PayloadOffset].CopyTo(_buffer);
            _firstLength = header.TotalLength;
            _linkOffset = header.FragmentLinkOffset;
        }
    }

    /// <summary>
    /// Makes a plain packet of the complete datagram; false if it is too long, which does not show before the first fragment
    /// arrives, as its header may be longer than the others'.
    /// </summary>
    public bool TryFinish(out ReadOnlySpan<byte> whole)
    {
        whole = default;
        var lengthField = FragmentRules.LengthField(Key.Version, _headerLength, _end);
        if (lengthField > ushort.MaxValue)
        {
            return false;
        }

        var packet = _buffer.AsSpan(0, _headerLength + _end);
        if (_hasMarked)
        {
            packet[1] |= (byte)((int)EcnField.Ce << (Key.Version == 4 ? 0 : 4));
        }

        whole = Key.Version == 4 ? FinishIpv4(packet, (ushort)lengthField) : FinishIpv6(packet, (ushort)lengthField);
        return true;
    }

    /// <summary>Returns the buffer, and refuses all further fragments.</summary>
    public void Refuse()
    {
        Reset();
        IsRefused = true;
    }

    /// <summary>Returns the buffer, and forgets everything.</summary>
    public void Reset()
    {
        var buffer = _buffer;
        _buffer = [];
        Return(buffer);
        _runs.Clear();
        _headerLength = _linkOffset = _firstLength = _fragments = _reach = _end = 0;
        IsRefused = _hasMarked = _hasUnmarkable = false;
    }

    private static int PayloadLength(in IpHeader header) => header.TotalLength - header.PayloadOffset;

    // Until the first fragment arrives, whose header counts (RFC 8200 §4.5), another's is a good guess of its length
    private int HeaderLengthWith(in IpHeader header) =>
        _fragments == 0 || header.FragmentOffset == 0 ? header.PayloadOffset : _headerLength;

    private void Arrange(int capacity, int headerLength)
    {
        var old = _buffer;
        var buffer = capacity > old.Length ? _pool.Rent(capacity) : old;
        if (buffer != old || headerLength != _headerLength)
        {
            old.AsSpan(_headerLength, _reach).CopyTo(buffer.AsSpan(headerLength));
            old.AsSpan(0, _firstLength == 0 ? 0 : _headerLength).CopyTo(buffer);
        }

        _buffer = buffer;
        _headerLength = headerLength;
        if (buffer != old)
        {
            Return(old);
        }
    }

    private ReadOnlySpan<byte> FinishIpv4(Span<byte> packet, ushort totalLength)
    {
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], totalLength);
        packet[6..8].Clear();
        packet[10..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], Checksum.Finish(Checksum.Add(packet[.._headerLength])));
        return packet;
    }

    // The headers before the Fragment header are moved up to the payload
    private ReadOnlySpan<byte> FinishIpv6(Span<byte> packet, ushort payloadLength)
    {
        var fragmentHeader = _headerLength - Fragmenter.Ipv6HeaderLength;
        packet[_linkOffset] = packet[fragmentHeader];
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], payloadLength);
        packet[..fragmentHeader].CopyTo(packet[Fragmenter.Ipv6HeaderLength..]);
        return packet[Fragmenter.Ipv6HeaderLength..];
    }

    private void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            _pool.Return(buffer);
        }
    }
}
