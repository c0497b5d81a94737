using Onetun.NetStack;

namespace Onetun.Fuzz.NetStack;

/// <summary>A packet in a line, for the story of a fault.</summary>
internal static class PacketText
{
    private const int MaxBytes = 96;

    public static string Of(ReadOnlySpan<byte> packet)
    {
        var bytes = Convert.ToHexString(packet[..Math.Min(packet.Length, MaxBytes)]);
        var rest = packet.Length > MaxBytes ? $"… {packet.Length} bytes" : "";
        if (SegmentReader.TryRead(packet, out var segment) != ReadResult.Ok)
        {
            return $"{bytes}{rest}";
        }

        var sack = "";
        for (var i = 0; i < segment.Options.SackCount; i++)
        {
            sack += $" SACK {segment.Options.GetSack(i).Left}-{segment.Options.GetSack(i).Right}";
        }

        var stamp = segment.Options.HasTimestamp
            ? $" TS {segment.Options.TimestampValue} {segment.Options.TimestampEcho}"
            : "";
        return $"{segment.Flow} {segment.Flags} seq {segment.Sequence} ack {segment.Acknowledgment} len {segment.Payload.Length}"
            + $" win {segment.Window}{stamp}{sack}";
    }
}
