using System.Buffers.Binary;

namespace Onetun.Capture;

/// <summary>
/// A bounded first-in, first-out queue of packets; one goes in whole or not at all. It has two buffers, of which one is filled while
/// the other is read, where the packets lie and without a lock: callers of <see cref="TryAdd"/> and <see cref="TryTurn"/> exclude
/// each other, and only the one that turns reads.
/// </summary>
internal sealed class PacketQueue(int capacity)
{
    /// <summary>Time, both lengths, and what kind of packet it is.</summary>
    private const int HeadSize = 8 + 4 + 4 + 1;

    private const byte Outer = 1;
    private const byte Outbound = 2;

    private byte[] _filling = GC.AllocateUninitializedArray<byte>(capacity / 2);
    private byte[] _reading = GC.AllocateUninitializedArray<byte>(capacity - (capacity / 2));
    private int _end;
    private int _next;

    /// <summary>The bytes that wait for the buffers to change places.</summary>
    public int Filled { get; private set; }

    /// <summary>Whether those are as many as the reader had better not wait with.</summary>
    public bool IsHalfFull => Filled >= _filling.Length / 2;

    public bool TryAdd(in CaptureRecord record)
    {
        var room = _filling.AsSpan(Filled);
        if (room.Length < HeadSize + record.Bytes.Length)
        {
            return false;
        }

        BinaryPrimitives.WriteInt64LittleEndian(room, record.Timestamp.Ticks);
        BinaryPrimitives.WriteInt32LittleEndian(room[8..], record.Bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(room[12..], record.OriginalLength);
        room[16] = (byte)((record.IsOuter ? Outer : 0) | (record.Direction == PacketDirection.Outbound ? Outbound : 0));
        record.Bytes.CopyTo(room[HeadSize..]);
        Filled += HeadSize + record.Bytes.Length;
        return true;
    }

    /// <summary>Lets the reader have what has been added, once it has read all that it had; false if there is nothing for it.</summary>
    public bool TryTurn()
    {
        if (_next == _end)
        {
            (_filling, _reading) = (_reading, _filling);
            (_next, _end, Filled) = (0, Filled, 0);
        }

        return _next < _end;
    }

    /// <summary>Takes a packet out; its bytes are good until the buffers change places, when all of this one have been read.</summary>
    public bool TryRead(out CaptureRecord record)
    {
        var rest = _reading.AsSpan(_next, _end - _next);
        if (rest.IsEmpty)
        {
            record = default;
            return false;
        }

        record = new CaptureRecord
        {
            Timestamp = new DateTime(BinaryPrimitives.ReadInt64LittleEndian(rest), DateTimeKind.Utc),
            Bytes = rest.Slice(HeadSize, BinaryPrimitives.ReadInt32LittleEndian(rest[8..])),
            OriginalLength = BinaryPrimitives.ReadInt32LittleEndian(rest[12..]),
            IsOuter = (rest[16] & Outer) != 0,
            Direction = (rest[16] & Outbound) != 0 ? PacketDirection.Outbound : PacketDirection.Inbound,
        };
        _next += HeadSize + record.Bytes.Length;
        return true;
    }
}
