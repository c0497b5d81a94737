using System.Net;
using Onetun.Capture;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>What a driver has around it: time, and those who watch.</summary>
internal sealed record DriverOptions
{
    /// <summary>
    /// Its clock, which counts sleep, in ticks of a <see cref="TimeSpan"/>; and its timer, unless the transport has an alarm,
    /// which goes by <see cref="Clock"/>.
    /// </summary>
    public TimeProvider Time { get; init; } = Clock.Instance;

    /// <summary>How long the machine has slept, counted from any moment.</summary>
    public Func<TimeSpan> TimeAsleep { get; init; } = static () => Clock.TimeAsleep;

    /// <inheritdoc cref="TunnelOptions.Taps"/>
    public IReadOnlyList<IPacketTap> Taps { get; init; } = [];

    /// <summary>The address that datagrams to a destination leave from, for the taps; null if there is no way there.</summary>
    public Func<IPEndPoint, IPAddress?> SourceFor { get; init; } = static _ => null;

    /// <inheritdoc cref="TunnelOptions.Faulted"/>
    public Action<TunnelFault>? Faulted { get; init; }

    /// <summary>Hears what each datagram was, under the lock.</summary>
    public Action<DatagramOutcome>? Heard { get; init; }
}
