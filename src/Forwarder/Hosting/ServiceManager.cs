using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Hosting;

/// <summary>
/// Tells the service manager that started this process how it stands: a datagram each time, to the socket that it named
/// (sd_notify(3)). Where there is none, or it does not take them, the process goes on all the same.
/// </summary>
internal sealed class ServiceManager : IDisposable
{
    private const string SocketVariable = "NOTIFY_SOCKET";
    private const string WatchdogVariable = "WATCHDOG_USEC";
    private const string WatchdogProcessVariable = "WATCHDOG_PID";

    // A datagram that waits for its reader must not hold us up.
    private const int SendMilliseconds = 1000;

    private static readonly TimeSpan ShortestWatchdog = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestWatchdog = TimeSpan.FromDays(1);

    private readonly Socket? _socket;

    private ServiceManager(Socket? socket, TimeSpan? watchdog) => (_socket, Watchdog) = (socket, watchdog);

    /// <summary>How often it wants a sign of life at the least, or the process is restarted; null if it wants none.</summary>
    public TimeSpan? Watchdog { get; }

    /// <summary>Whether there is one.</summary>
    public bool IsThere => _socket is not null;

    /// <summary>The one that the environment names. It is ours alone, so a child is not told of it.</summary>
    public static ServiceManager Find(Machine machine)
    {
        var (path, watchdog) = (machine.Variable(SocketVariable), WatchdogOf(machine));
        foreach (var variable in new[] { SocketVariable, WatchdogVariable, WatchdogProcessVariable })
        {
            Environment.SetEnvironmentVariable(variable, null);
        }

        return path is ['/' or '@', _, ..] && TryConnect(path) is { } socket
            ? new ServiceManager(socket, watchdog)
            : new ServiceManager(null, null);
    }

    /// <summary>Everything runs.</summary>
    public void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    /// <summary>The configuration is read again; <see cref="Ready"/> follows.</summary>
    // The manager compares the time with that of its signal, by CLOCK_MONOTONIC, which is what a stopwatch goes by on Linux.
    public void Reloading() => Send(string.Create(
        CultureInfo.InvariantCulture,
        $"RELOADING=1\nMONOTONIC_USEC={Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000)}"));

    /// <summary>A line for people.</summary>
    public void Tell(string status) => Send($"STATUS={status}");

    /// <summary>A sign of life.</summary>
    public void FeedWatchdog() => Send("WATCHDOG=1");

    /// <summary>The end has begun.</summary>
    public void Stopping() => Send("STOPPING=1\nSTATUS=Waiting for connections to end");

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    private static TimeSpan? WatchdogOf(Machine machine)
    {
        var isOurs = machine.Variable(WatchdogProcessVariable) is not { Length: > 0 } process
            || (int.TryParse(process, CultureInfo.InvariantCulture, out var id) && id == Environment.ProcessId);
        if (!isOurs || !long.TryParse(machine.Variable(WatchdogVariable), CultureInfo.InvariantCulture, out var microseconds) || microseconds <= 0)
        {
            return null;
        }

        var interval = TimeSpan.FromMicroseconds(Math.Min(microseconds, LongestWatchdog.TotalMicroseconds));
        return interval > ShortestWatchdog ? interval : ShortestWatchdog;
    }

    private static Socket? TryConnect(string path)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = SendMilliseconds };
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? $"\0{path[1..]}" : path));
            return socket;
        }
        catch (Exception error) when (error is SocketException or ArgumentException or PlatformNotSupportedException)
        {
            socket?.Dispose();
            return null;
        }
    }

    private void Send(string message)
    {
        try
        {
            _socket?.Send(Encoding.UTF8.GetBytes(message));
        }
        catch (SocketException)
        {
            // It is gone or has no room.
        }
    }
}
