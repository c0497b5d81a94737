using System.Buffers.Binary;
using System.Net;

namespace Onetun.Tunnel.Names;

/// <summary>A resource record, but for its name (RFC 1035 §4.1.3).</summary>
internal readonly ref struct DnsRecord
{
    private const int LongestLabel = 63;
    private const int LowestPointer = 0xC0;
    private const int FixedSize = 10;

    private readonly ReadOnlySpan<byte> _fields;

    private DnsRecord(ReadOnlySpan<byte> fields) => _fields = fields;

    /// <summary>RFC 2181 §8: 31 bits, and zero for what has more.</summary>
    public TimeSpan TimeToLive =>
        TimeSpan.FromSeconds(Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(_fields[4..])));

    private ReadOnlySpan<byte> Data => _fields[FixedSize..];

    /// <summary>Takes the first of some records.</summary>
    /// <param name="records">Any bytes; afterwards those that follow.</param>
    /// <param name="record">Valid if there is one.</param>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> records, out DnsRecord record)
    {
        record = default;
        if (!TrySkipName(ref records) || records.Length < FixedSize)
        {
            return false;
        }

        var size = FixedSize + BinaryPrimitives.ReadUInt16BigEndian(records[8..]);
        if (records.Length < size)
        {
            return false;
        }

        record = new DnsRecord(records[..size]);
        records = records[size..];
        return true;
    }

    /// <summary>The address, if it is a record of that type and has one.</summary>
    public IPAddress? AddressOf(DnsRecordType type)
    {
        var size = type == DnsRecordType.Aaaa ? 16 : 4;
        return BinaryPrimitives.ReadUInt16BigEndian(_fields) == (ushort)type
            && BinaryPrimitives.ReadUInt16BigEndian(_fields[2..]) == DnsQuestion.Internet
            && Data.Length == size
                ? new IPAddress(Data)
                : null;
    }

    /// <summary>A name ends with the root or a pointer (RFC 1035 §4.1.4), which is not followed, so that none leads in a circle.</summary>
    private static bool TrySkipName(ref ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var length = bytes[0];
            var isPointer = length >= LowestPointer;
            var size = isPointer ? 2 : 1 + length;
            if ((length > LongestLabel && !isPointer) || bytes.Length < size)
            {
                return false;
            }

            bytes = bytes[size..];
            if (isPointer || length == 0)
            {
                return true;
            }
        }

        return false;
    }
}
