using System.Buffers.Binary;
using System.Net;

namespace Onetun.Tunnel.Names;

/// <summary>What a resolver says to a question.</summary>
/// <param name="Code">RCODE (RFC 1035 §4.1.1).</param>
/// <param name="IsTruncated">It did not fit, so that nothing of it counts (RFC 2181 §9).</param>
/// <param name="Addresses">Those that were asked for, in the order given.</param>
/// <param name="TimeToLive">The shortest of all records, those of aliases included; no limit if there is none.</param>
internal sealed record DnsAnswer(int Code, bool IsTruncated, IReadOnlyList<IPAddress> Addresses, TimeSpan TimeToLive)
{
    private const int NoError = 0;
    private const int NameError = 3;
    private const ushort CodeMask = 0x000F;
    private const ushort Truncated = 0x0200;

    /// <summary>Whether it says something of the name; otherwise the resolver was not able or willing.</summary>
    public bool IsOfName => Code is NoError or NameError;

    /// <summary>
    /// Null for what is no answer to the question. Names of records are not looked at: the answer to a question with recursion is
    /// the aliases on the way, and the addresses at its end (RFC 1034 §4.3.1).
    /// </summary>
    /// <param name="message">Any bytes.</param>
    /// <param name="question">The one that was sent.</param>
    public static DnsAnswer? TryRead(ReadOnlySpan<byte> message, DnsQuestion question)
    {
        if (!question.IsAnsweredBy(message, out var records))
        {
            return null;
        }

        var flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        if ((flags & Truncated) != 0)
        {
            return new DnsAnswer(flags & CodeMask, true, [], TimeSpan.MaxValue);
        }

        var addresses = new List<IPAddress>();
        var shortest = TimeSpan.MaxValue;
        for (var left = BinaryPrimitives.ReadUInt16BigEndian(message[6..]); left > 0; left--)
        {
            if (!DnsRecord.TryTake(ref records, out var record))
            {
                return null;
            }

            shortest = record.TimeToLive < shortest ? record.TimeToLive : shortest;
            if (record.AddressOf(question.Type) is { } address)
            {
                addresses.Add(address);
            }
        }

        return new DnsAnswer(flags & CodeMask, false, addresses, shortest);
    }
}
