using Onetun.Forwarder.Control;
using Onetun.Forwarder.Logging;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Resources;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>What a forwarder reports of itself at any time, from any thread.</summary>
internal interface IForwarderState
{
    /// <summary>The peers as they stand.</summary>
    IReadOnlyList<PeerStatistics> Peers { get; }

    /// <summary>What each forward and proxy has carried.</summary>
    IEnumerable<Carried> Carried { get; }

    /// <summary>What its connections may hold.</summary>
    DescriptorBudget Descriptors { get; }

    /// <summary>What the tunnel has done and dropped; null while there is none.</summary>
    TunnelStatistics? Statistics { get; }

    /// <summary>Whether a connection has a chance.</summary>
    Readiness Readiness { get; }

    /// <summary>What <c>onetun status</c> shows, without rates.</summary>
    ProcessStatus Status { get; }

    /// <summary>The last lines of the log, the newest last; none where they are not kept.</summary>
    IReadOnlyList<LogLine> Lines { get; }

    /// <summary>So many of the TCP connections inside the tunnel, those whose peers were heard last first, and those in TIME-WAIT last.</summary>
    IReadOnlyList<TcpConnectionStatistics> GetTcpConnections(int most);
}
