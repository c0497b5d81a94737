using System.Globalization;

namespace Onetun.Forwarder.Doctor;

/// <summary>
/// The clock is not behind. An endpoint takes only initiations whose time stamp is later than the last it took from us
/// (WireGuard §5.1), so a clock that lost its time makes it silent.
/// </summary>
internal static class ClockCheck
{
    /// <summary>Time zones and unpacking may move the date of a file by this much.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromDays(2);

    /// <summary>Looks at the clock, which cannot be before this program was put here.</summary>
    public static Finding Of(DateTime now, DateTime installed)
    {
        var text = $"clock: {now.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC";
        return now >= installed - Tolerance
            ? Finding.Ok(text)
            : Finding.Problem(
                $"{text}, which is before this program was installed",
                "Set the clock: an endpoint does not answer handshakes that look older than the last one it saw.");
    }
}
