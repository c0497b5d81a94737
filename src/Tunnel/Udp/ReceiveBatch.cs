using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// What one turn received. The buffer is a row of slots; a message of the system fills one slot, and is one datagram
/// or a train of them from one source and with one ECN field (UDP_GRO). Datagrams are writable, to be opened in place.
/// Not thread-safe.
/// </summary>
internal sealed class ReceiveBatch : IDisposable
{
    private readonly byte[] _buffer;
    private readonly int _stride;
    private readonly UdpEndPoint[] _sources;
    private readonly EcnField[] _ecn;
    private readonly Part[] _parts;

    public ReceiveBatch(int slots, int slotLength, int maxDatagrams)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slots);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slotLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxDatagrams);
        Slots = slots;
        SlotLength = slotLength;
        // One cache line beyond a multiple of 64: slots a power of two apart would compete for the same cache sets.
        _stride = ((slotLength + 63) & ~63) + 64;
        _buffer = GC.AllocateUninitializedArray<byte>(slots * _stride, pinned: true);
        _sources = new UdpEndPoint[slots];
        _ecn = new EcnField[slots];
        _parts = new Part[maxDatagrams];
    }

    /// <summary>Messages that fit.</summary>
    public int Slots { get; }

    /// <summary>Bytes that fit into one slot.</summary>
    public int SlotLength { get; }

    /// <summary>Datagrams received.</summary>
    public int Count { get; private set; }

    /// <summary>One call of the system has brought so many that the next one as a rule finds more.</summary>
    public bool IsBusy => Count >= 8;

    public Span<byte> this[int index]
    {
        get
        {
            ref readonly var part = ref PartAt(index);
            return _buffer.AsSpan(part.Offset, part.Length);
        }
    }

    public ref readonly UdpEndPoint SourceOf(int index) => ref _sources[PartAt(index).Slot];

    /// <summary>As it came; Not-ECT where the system does not tell.</summary>
    public EcnField EcnOf(int index) => _ecn[PartAt(index).Slot];

    public void Clear() => Count = 0;

    /// <summary>Wipes the buffer: packets were opened here.</summary>
    public void Dispose()
    {
        Clear();
        CryptographicOperations.ZeroMemory(_buffer);
    }

    internal Span<byte> Slot(int slot) => _buffer.AsSpan(slot * _stride, SlotLength);

    internal unsafe byte* AddressOf(int slot) =>
        (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_buffer)) + slot * _stride;

    /// <summary>
    /// Takes up what lies in a slot: datagrams of <paramref name="segmentLength"/> bytes, the last may be shorter;
    /// 0 means one datagram. Returns how many of them found no room.
    /// </summary>
    internal int Add(int slot, int length, int segmentLength, in UdpEndPoint source, EcnField ecn = EcnField.NotEct)
    {
        _sources[slot] = source;
        _ecn[slot] = ecn;
        var segment = segmentLength > 0 && segmentLength < length ? segmentLength : Math.Max(length, 1);
        var datagrams = Math.Max(1, (length + segment - 1) / segment);
        var room = Math.Min(datagrams, _parts.Length - Count);
        var offset = slot * _stride;
        var end = offset + length;
        for (var i = 0; i < room; i++)
        {
            var part = Math.Min(segment, end - offset);
            _parts[Count++] = new Part(offset, part, slot);
            offset += part;
        }
        return datagrams - room;
    }

    private ref readonly Part PartAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return ref _parts[index];
    }

    private readonly record struct Part(int Offset, int Length, int Slot);
}
