using System.Globalization;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>Amounts and times as people read them, in the units of <c>wg show</c>.</summary>
internal static class StatusUnits
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Such as 1.21 MiB.</summary>
    public static string Bytes(double bytes)
    {
        var unit = 0;
        while (bytes >= 1024 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        var form = unit == 0 ? "0" : "0.00";
        return $"{bytes.ToString(form, CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    /// <summary>Such as 1.21 MiB/s, and a dash where it is not known.</summary>
    public static string Rate(double? bytesPerSecond) =>
        bytesPerSecond is { } known ? $"{Bytes(known)}/s" : "-";

    /// <summary>The two largest units, such as 3 min 20 s.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => $"{Math.Max(0, time.Seconds)} s",
        { TotalHours: < 1 } => $"{time.Minutes} min {time.Seconds} s",
        { TotalDays: < 1 } => $"{time.Hours} h {time.Minutes} min",
        _ => $"{time.Days} d {time.Hours} h",
    };

    /// <summary>How long ago it was, or that it never was.</summary>
    public static string Ago(DateTime? then, DateTime now) => then is { } at ? $"{Duration(now - at)} ago" : "never";
}
