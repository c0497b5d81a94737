using System.Buffers.Binary;

namespace Onetun.Soak;

internal enum RequestKind : byte
{
    /// <summary>Both ways at once; the service ends when it has sent and received all.</summary>
    Both,

    /// <summary>The answer begins when the request has ended: a half-closed connection.</summary>
    AfterEnd,

    /// <summary>What comes goes back, until it ends.</summary>
    Echo,
}

/// <summary>What a client asks of the service, in the first bytes of its connection.</summary>
/// <param name="Kind">How.</param>
/// <param name="Slow">The service reads slowly.</param>
/// <param name="Seed">Of the bytes up; those down have the next one.</param>
/// <param name="Up">Bytes to the service.</param>
/// <param name="Down">Bytes from it, one at the least.</param>
internal readonly record struct Request(RequestKind Kind, bool Slow, ulong Seed, long Up, long Down)
{
    public const int Size = 32;
    private const uint Mark = 0x6b616f73;

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Mark);
        bytes[4] = (byte)Kind;
        bytes[5] = Slow ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), Seed);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), Up);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), Down);
        return bytes;
    }

    public static Request Read(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Mark
        ? new Request(
            (RequestKind)bytes[4],
            bytes[5] == 1,
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]))
        : throw new WrongBytesException($"a request begins with {Convert.ToHexString(bytes)}");
}
