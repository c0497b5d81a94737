namespace Onetun.WireGuard;

/// <summary>The numbers of the protocol (WireGuard §6.1, and those the Linux implementation adds).</summary>
internal static class Constants
{
    public const ulong RekeyAfterMessages = 1UL << 60;
    public const ulong RejectAfterMessages = ulong.MaxValue - (1UL << 13);

    public static readonly TimeSpan RekeyAfterTime = TimeSpan.FromSeconds(120);
    public static readonly TimeSpan RejectAfterTime = TimeSpan.FromSeconds(180);
    public static readonly TimeSpan RekeyTimeout = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan KeepaliveTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Upper bound, exclusive, of the jitter added to retries, in milliseconds.</summary>
    public const int JitterMilliseconds = 334;

    /// <summary>Rekey-Attempt-Time (90 s) over Rekey-Timeout: retries are counted, not timed.</summary>
    public const int MaxHandshakeAttempts = 18;

    /// <summary>A peer that stays silent for this long after we sent it data gets a handshake initiation.</summary>
    public static readonly TimeSpan NewHandshakeAfterSilence = KeepaliveTimeout + RekeyTimeout;

    /// <summary>The initiator replaces a session of this age when data arrives on it, so that it does not lapse.</summary>
    public static readonly TimeSpan LastMinuteRekey = RejectAfterTime - KeepaliveTimeout - RekeyTimeout;

    public static readonly TimeSpan ZeroKeysAfter = 3 * RejectAfterTime;

    /// <summary>The shortest time between two initiations accepted from one peer.</summary>
    public static readonly TimeSpan InitiationSpacing = TimeSpan.FromMilliseconds(20);

    public static readonly TimeSpan CookieSecretLifetime = TimeSpan.FromSeconds(120);

    /// <summary>How long a received cookie is used: its lifetime less 5 s for its way here (as in Linux).</summary>
    public static readonly TimeSpan CookieLifetime = TimeSpan.FromSeconds(115);

    public const int PaddingMultiple = 16;

    /// <summary>Bytes of zero padding behind an inner packet: to a multiple of 16, but never beyond the MTU.</summary>
    public static int Padding(int length, int mtu)
    {
        if (mtu == 0)
        {
            return -length & (PaddingMultiple - 1);
        }

        var last = length > mtu ? length % mtu : length;
        var padded = (last + PaddingMultiple - 1) & -PaddingMultiple;
        return Math.Min(padded, mtu) - last;
    }
}
