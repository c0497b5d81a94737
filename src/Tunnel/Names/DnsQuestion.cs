using System.Buffers.Binary;
using System.Text;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Names;

/// <summary>
/// One question as it is sent (RFC 1035 §4.1). It has no EDNS, for some servers refuse or drop what has (RFC 6891 §7): what
/// does not fit 512 bytes is asked for over TCP.
/// </summary>
internal sealed class DnsQuestion
{
    /// <summary>The class of all that is asked for (RFC 1035 §3.2.4).</summary>
    public const ushort Internet = 1;

    private const int HeaderSize = 12;
    private const ushort RecursionDesired = 0x0100;

    // QR and OPCODE
    private const ushort Kind = 0xF800;
    private const ushort Response = 0x8000;

    private readonly byte[] _message;

    /// <param name="id">What nobody else can guess.</param>
    /// <param name="name">From <see cref="DnsName"/>.</param>
    /// <param name="type">What is asked for.</param>
    public DnsQuestion(ushort id, ReadOnlySpan<byte> name, DnsRecordType type)
    {
        Type = type;
        _message = new byte[HeaderSize + name.Length + 4];
        BinaryPrimitives.WriteUInt16BigEndian(_message, id);
        BinaryPrimitives.WriteUInt16BigEndian(_message.AsSpan(2), RecursionDesired);
        BinaryPrimitives.WriteUInt16BigEndian(_message.AsSpan(4), 1);
        name.CopyTo(_message.AsSpan(HeaderSize));
        BinaryPrimitives.WriteUInt16BigEndian(_message.AsSpan(HeaderSize + name.Length), (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(_message.AsSpan(HeaderSize + name.Length + 2), Internet);
    }

    public DnsRecordType Type { get; }

    public ReadOnlyMemory<byte> Message => _message;

    /// <summary>With an ID of the system's randomness (RFC 5452 §9.2).</summary>
    public static DnsQuestion Create(ReadOnlySpan<byte> name, DnsRecordType type)
    {
        Span<byte> id = stackalloc byte[2];
        SystemRandom.Fill(id);
        return new DnsQuestion(BinaryPrimitives.ReadUInt16BigEndian(id), name, type);
    }

    /// <summary>
    /// Whether a message is a response to this question: it has its ID and repeats it, in letters of either case (RFC 5452
    /// §9.1). Its source is the socket's concern.
    /// </summary>
    /// <param name="message">Any bytes.</param>
    /// <param name="records">What follows the question.</param>
    public bool IsAnsweredBy(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> records)
    {
        records = default;
        if (message.Length < _message.Length
            || !message[..2].SequenceEqual(_message.AsSpan(0, 2))
            || (BinaryPrimitives.ReadUInt16BigEndian(message[2..]) & Kind) != Response
            || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1
            // A length is at most 63, and the type and the class are small: none of them is a letter.
            || !Ascii.EqualsIgnoreCase(message[HeaderSize.._message.Length], _message.AsSpan(HeaderSize)))
        {
            return false;
        }

        records = message[_message.Length..];
        return true;
    }
}
