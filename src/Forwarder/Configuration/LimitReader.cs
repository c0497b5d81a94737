using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads what bounds the forwards: how many connections, and for how long.</summary>
internal sealed class LimitReader(Settings settings, NumberReader numbers)
{
    /// <summary>What a stop may take, unless another time is asked for.</summary>
    public static readonly TimeSpan DefaultShutdown = TimeSpan.FromSeconds(5);

    private const int LongestTime = 86_400;
    private const int MostConnections = 65_536;
    private const int Off = 0;

    public UdpLimits ReadUdp()
    {
        var usual = new UdpLimits();
        return usual with
        {
            IdleTimeout = Seconds(settings.UdpTimeout, (int)usual.IdleTimeout.TotalSeconds, 1, "Invalid UDP timeout:"),
        };
    }

    public TcpLimits ReadTcp()
    {
        var most = numbers.Read(
            settings.MaxConnections, Off, Off, MostConnections, "Invalid --max-connections:", " (0 is no limit)");
        var idle = Seconds(settings.IdleTimeout, Off, Off, "Invalid --idle-timeout:");
        return new TcpLimits
        {
            MaximumConnections = most == Off ? null : most,
            IdleTimeout = idle == TimeSpan.Zero ? null : idle,
        };
    }

    public TimeSpan ReadShutdown() =>
        Seconds(settings.ShutdownTimeout, (int)DefaultShutdown.TotalSeconds, 0, "Invalid --shutdown-timeout:");

    private TimeSpan Seconds(Setting setting, int usual, int minimum, string failure) =>
        TimeSpan.FromSeconds(numbers.Read(setting, usual, minimum, LongestTime, failure, " seconds"));
}
