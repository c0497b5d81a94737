using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// Whether a train may be sent whole (UDP_SEGMENT), learned from what the kernel refused. The kernel never fragments
/// a train's segments although it fragments plain datagrams, so a path below our size must get them one by one;
/// a device without checksum offload cannot take trains at all.
/// </summary>
internal sealed class SegmentationPolicy(bool enabled)
{
    /// <summary>How long a size stays refused; the path may change, and asking again costs one system call.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    // One place per hash value: a tunnel has few endpoints, and one pushed out is only refused once more.
    private readonly Refusal[] _refusals = new Refusal[64];

    /// <summary>Whether trains are sent at all.</summary>
    public bool Enabled { get; private set; } = enabled;

    /// <summary>Whether no train with segments of this size to this endpoint was refused lately.</summary>
    public bool Allows(in UdpEndPoint destination, int segmentLength, TimeSpan now)
    {
        ref readonly var refusal = ref PlaceOf(destination);
        return Enabled
            && (refusal.Destination != destination || segmentLength < refusal.SegmentLength || now >= refusal.Until);
    }

    /// <summary>Learns from a failed train. True when its datagrams should be sent again one by one.</summary>
    public bool Refused(int errno, in UdpEndPoint destination, int segmentLength, TimeSpan now)
    {
        switch (errno)
        {
            // EIO: no checksum offload, or a transformation (IPsec) on the route. The others: no such option.
            case Errno.InputOutput or Errno.NotSupported or Errno.NoProtocolOption:
                Enabled = false;
                return true;
            // The segments with their headers exceed the path: EMSGSIZE in newer kernels, EINVAL in older ones.
            case Errno.MessageTooLong or Errno.InvalidArgument:
                Remember(destination, segmentLength, now);
                return true;
            default:
                return false;
        }
    }

    private void Remember(in UdpEndPoint destination, int segmentLength, TimeSpan now)
    {
        ref var refusal = ref PlaceOf(destination);
        var known = refusal.Destination == destination && now < refusal.Until;
        var least = known ? Math.Min(refusal.SegmentLength, segmentLength) : segmentLength;
        refusal = new Refusal(destination, least, now + Memory);
    }

    private ref Refusal PlaceOf(in UdpEndPoint destination) =>
        ref _refusals[destination.GetHashCode() & (_refusals.Length - 1)];

    private readonly record struct Refusal(UdpEndPoint Destination, int SegmentLength, TimeSpan Until);
}
