using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// Datagrams to send, side by side in one buffer: take a slot, write a datagram at its start, commit it. Neighbours
/// of equal size and ECN field leave as one segmented message. Nothing is allocated after construction. Not thread-safe.
/// </summary>
internal sealed class DatagramBatch : IDisposable
{
    private readonly byte[] _buffer;
    private readonly int[] _ends;
    private readonly UdpEndPoint[] _destinations;
    private readonly EcnField[] _ecn;
    private readonly Departure[] _departures;
    private readonly string?[] _remarks;

    public DatagramBatch(int capacityBytes, int maxDatagrams)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacityBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxDatagrams);
        _buffer = GC.AllocateUninitializedArray<byte>(capacityBytes, pinned: true);
        _ends = new int[maxDatagrams];
        _destinations = new UdpEndPoint[maxDatagrams];
        _ecn = new EcnField[maxDatagrams];
        _departures = new Departure[maxDatagrams];
        _remarks = new string?[maxDatagrams];
    }

    public int Count { get; private set; }

    /// <summary>Bytes committed.</summary>
    public int Length => EndOf(Count - 1);

    /// <summary>The endpoint that could not be sent to from its source, the last if there were several.</summary>
    public UdpEndPoint Refused { get; private set; }

    public Span<byte> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return _buffer.AsSpan(EndOf(index - 1)..EndOf(index));
        }
    }

    public ref readonly UdpEndPoint EndPointOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return ref _destinations[index];
    }

    public string? RemarkOn(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return _remarks[index];
    }

    public EcnField EcnOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return _ecn[index];
    }

    /// <summary>The free room behind the last datagram; false if it is less than asked for or the batch is full.</summary>
    public bool TryGetSlot(int minLength, out Span<byte> slot)
    {
        slot = Count < _ends.Length ? _buffer.AsSpan(Length) : default;
        return slot.Length >= minLength && Count < _ends.Length;
    }

    /// <summary>Makes the slot's first bytes a datagram.</summary>
    public void Commit(int length, in UdpEndPoint destination, EcnField ecn = EcnField.NotEct)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)(_buffer.Length - Length), nameof(length));
        var end = Length + length;
        _destinations[Count] = destination;
        _ecn[Count] = ecn;
        _ends[Count] = end;
        Count++;
    }

    /// <summary>Makes the slot's first bytes a datagram that is yet to be sealed.</summary>
    /// <param name="departure">How it leaves.</param>
    /// <param name="remark">What is to be said of it to those who watch, if anybody does.</param>
    public void Commit(in Departure departure, string? remark = null)
    {
        _departures[Count] = departure;
        _remarks[Count] = remark;
        Commit(departure.Length, departure.Destination, departure.Ecn);
    }

    /// <summary>Seals what is yet to be sealed.</summary>
    /// <param name="failed">Hears of what cannot be, nothing of which is left in its datagram.</param>
    public void Seal(Action<Departure, Exception> failed)
    {
        for (var i = 0; i < Count; i++)
        {
            try
            {
                _departures[i].Seal(this[i]);
            }
            catch (Exception fault)
            {
                failed(_departures[i], fault);
            }
        }

        _departures.AsSpan(0, Count).Clear();
    }

    public void Clear()
    {
        Count = 0;
        Refused = default;
    }

    /// <summary>Wipes the buffer: packets lay here before they were sealed.</summary>
    public void Dispose()
    {
        Clear();
        CryptographicOperations.ZeroMemory(_buffer);
    }

    /// <summary>
    /// The system does not let a datagram leave from its source: this one, and those behind it with the same, leave from any.
    /// </summary>
    internal void RefuseSource(int index)
    {
        Refused = _destinations[index];
        foreach (ref var destination in _destinations.AsSpan(index, Count - index))
        {
            destination = destination == Refused ? destination.Remote : destination;
        }
    }

    internal int LengthOf(int index) => EndOf(index) - EndOf(index - 1);

    /// <summary>Bytes of some neighbouring datagrams.</summary>
    internal int LengthOf(int first, int count) => EndOf(first + count - 1) - EndOf(first - 1);

    /// <summary>Where a datagram lies; good for the life of the batch, since the buffer is pinned.</summary>
    internal unsafe byte* AddressOf(int index) =>
        (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_buffer)) + EndOf(index - 1);

    private int EndOf(int index) => index < 0 ? 0 : _ends[index];
}
