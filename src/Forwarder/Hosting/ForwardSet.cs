using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Resources;

namespace Onetun.Forwarder.Hosting;

/// <summary>The forwards of a gateway, which can be changed while those that stay go on.</summary>
internal sealed class ForwardSet(
    ForwarderConfiguration configuration, LocalDialer local, ILoggerFactory loggers, DescriptorBudget descriptors)
    : IAsyncDisposable
{
    private readonly ILogger _tcp = loggers.CreateLogger("onetun::tunnel::tcp");
    private readonly ILogger _udp = loggers.CreateLogger("onetun::tunnel::udp");
    private readonly CancellationTokenSource _ending = new();
    private readonly List<Task> _retiring = [];

    // It is replaced as a whole, for others look at it while it changes.
    private volatile Entry[] _entries = [];

    /// <summary>Each with what it was made of, in the order of the configuration.</summary>
    public IEnumerable<(ResolvedForward Resolved, IForward Forward)> All =>
        _entries.Select(entry => (entry.Resolved, entry.Forward));

    /// <summary>What each has carried.</summary>
    public IEnumerable<Carried> Carried => _entries.Select(entry => new Carried(
        Kind(entry.Resolved), entry.Forward.Source, entry.Resolved.Destination, entry.Forward.Traffic));

    /// <summary>Takes the ports of this side, and adds a fault for each that cannot be had.</summary>
    public void Bind(FaultList faults) => _entries = [.. Bind(configuration.Forwards, faults)];

    /// <summary>Begins, and adds a fault for each port in the tunnel that cannot be had.</summary>
    public void Start(TunnelDialer tunnel, FaultList faults) => Start(_entries, tunnel, faults);

    /// <summary>
    /// Makes these the forwards. Those that were there keep their ports and connections; those that go accept nothing more, and
    /// their connections have the time given to end. False, and nothing has changed, if a port cannot be had.
    /// </summary>
    public async Task<bool> ChangeAsync(
        IReadOnlyList<ResolvedForward> wanted, TunnelDialer tunnel, TimeSpan drain, FaultList faults)
    {
        var before = _entries;
        var gone = before.Where(entry => !wanted.Contains(entry.Resolved)).ToList();
        var fresh = wanted.Except(before.Select(entry => entry.Resolved)).ToList();
        var inherited = fresh.Where(forward => gone.Exists(entry => HasPortFor(entry, forward))).ToList();
        var added = Bind(fresh.Except(inherited), faults);
        Start(added, tunnel, faults);
        if (faults.Faults.Count > 0)
        {
            foreach (var entry in added)
            {
                await entry.Forward.DisposeAsync().ConfigureAwait(false);
            }

            return false;
        }

        foreach (var entry in gone)
        {
            await entry.Forward.CloseAsync().ConfigureAwait(false);
            Keep(RetireAsync(entry.Forward, drain));
        }

        // These take ports that have just been given up; whoever snatches one in between leaves us without it.
        var successors = Bind(inherited, faults);
        Start(successors, tunnel, faults);
        Entry[] all = [.. before.Except(gone), .. added, .. successors];
        _entries = [.. wanted.SelectMany(forward => all.Where(entry => entry.Resolved == forward))];
        return true;
    }

    /// <summary>Accepts nothing more, and ends when what is under way has ended, or is told to hurry.</summary>
    public async Task StopAsync(CancellationToken hurry)
    {
        using var hurrying = hurry.UnsafeRegister(static ending => ((CancellationTokenSource)ending!).Cancel(), _ending);
        var stopping = _entries.Select(entry => entry.Forward.StopAsync(hurry));
        await Task.WhenAll([.. stopping, .. Retiring]).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        foreach (var entry in _entries)
        {
            await entry.Forward.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(Retiring).ConfigureAwait(false);
        _ending.Dispose();
    }

    private Task[] Retiring
    {
        get
        {
            lock (_retiring)
            {
                return [.. _retiring];
            }
        }
    }

    private static string Kind(ResolvedForward forward) =>
        forward.IsRemote ? $"remote {forward.ProtocolName}" : forward.ProtocolName;

    // The addresses do not matter, for 0.0.0.0 is in the way of each.
    private static bool HasPortFor(Entry entry, ResolvedForward other) =>
        (entry.Resolved.Protocol, entry.Resolved.IsRemote) == (other.Protocol, other.IsRemote)
        && (entry.Forward.Source, other.Source) switch
        {
            (IPEndPoint ours, IPEndPoint theirs) => ours.Port == theirs.Port,
            var (ours, theirs) => ours.Equals(theirs),
        };

    private void Keep(Task retiring)
    {
        lock (_retiring)
        {
            _retiring.RemoveAll(task => task.IsCompleted);
            _retiring.Add(retiring);
        }
    }

    private async Task RetireAsync(IForward forward, TimeSpan drain)
    {
        using var hurry = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        hurry.CancelAfter(drain);
        await forward.StopAsync(hurry.Token).ConfigureAwait(false);
        await forward.DisposeAsync().ConfigureAwait(false);
    }

    private List<Entry> Bind(IEnumerable<ResolvedForward> forwards, FaultList faults)
    {
        var bound = new List<Entry>();
        foreach (var forward in forwards)
        {
            try
            {
                bound.Add(new Entry(forward, Bind(forward)));
            }
            catch (SocketException error)
            {
                AddFault(forward, error, faults);
            }
        }

        return bound;
    }

    private IForward Bind(ResolvedForward forward) => (forward.Protocol, forward.IsRemote) switch
    {
        (Protocols.Tcp, false) => new TcpForward(
            forward.Source, forward.Destination, configuration.Tcp, _tcp, descriptors),
        (Protocols.Tcp, true) => new RemoteTcpForward(
            (IPEndPoint)forward.Source, forward.Destination, local, configuration.Tcp, _tcp, descriptors),
        (_, false) => new UdpForward((IPEndPoint)forward.Source, forward.Destination, configuration.Udp, _udp),
        (_, true) => new RemoteUdpForward(
            (IPEndPoint)forward.Source, forward.Destination, local, configuration.Udp, _udp, descriptors: descriptors),
    };

    private static void Start(IEnumerable<Entry> entries, TunnelDialer tunnel, FaultList faults)
    {
        foreach (var (resolved, forward) in entries)
        {
            try
            {
                forward.Start(tunnel);
            }
            catch (SocketException error)
            {
                AddFault(resolved, error, faults);
            }
        }
    }

    private static void AddFault(ResolvedForward forward, SocketException error, FaultList faults)
    {
        var failure = forward.Protocol == Protocols.Tcp ? "listen on TCP proxy server" : "bind on UDP proxy address";
        faults.Configuration($"Port-forward failed for [{forward.Source}]->[{forward.Destination}]: "
            + $"Failed to {failure}: {WhyNoSocket(forward.Source) ?? error.Message}");
    }

    // Of a path the system says that the address is not available.
    private static string? WhyNoSocket(EndPoint source) =>
        UnixSocket.Is(source) && Path.GetDirectoryName(Path.GetFullPath($"{source}")) is { } directory && !Directory.Exists(directory)
            ? $"there is no directory {directory}"
            : null;

    private sealed record Entry(ResolvedForward Resolved, IForward Forward);
}
