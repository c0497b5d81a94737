using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// Finds the datagrams that may leave as one segmented message (UDP_SEGMENT): neighbours in the batch, to one
/// endpoint and with one ECN field, all of the first one's size but the last, which may be shorter.
/// </summary>
internal static class SegmentRun
{
    /// <summary>UDP_MAX_SEGMENTS: 64 in older kernels, 128 in newer ones.</summary>
    public const int MaxSegments = 64;

    /// <summary>65,535 less the IPv4 (RFC 791) and UDP headers.</summary>
    public const int MaxBytesIPv4 = ushort.MaxValue - 20 - 8;

    /// <summary>65,535 less the UDP header; the IPv6 header is not counted (RFC 8200 §3).</summary>
    public const int MaxBytesIPv6 = ushort.MaxValue - 8;

    public static int MaxBytes(in UdpEndPoint destination) => destination.IsIPv4 ? MaxBytesIPv4 : MaxBytesIPv6;

    /// <summary>How many datagrams from <paramref name="first"/> on make one message, at least 1.</summary>
    public static int Count(DatagramBatch batch, int first, int maxBytes, int maxSegments = MaxSegments)
    {
        var size = batch.LengthOf(first);
        if (size == 0)
        {
            return 1;
        }
        ref readonly var destination = ref batch.EndPointOf(first);
        var ecn = batch.EcnOf(first);
        var last = Math.Min(batch.Count, first + maxSegments);
        var bytes = size;
        var next = first + 1;
        while (next < last)
        {
            var length = batch.LengthOf(next);
            bytes += length;
            if (length == 0 || length > size || bytes > maxBytes
                || batch.EcnOf(next) != ecn || batch.EndPointOf(next) != destination)
            {
                break;
            }
            next++;
            if (length < size)
            {
                break;
            }
        }
        return next - first;
    }
}
