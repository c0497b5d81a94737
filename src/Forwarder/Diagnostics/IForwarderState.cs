using Onetun.Forwarder.Forwarding;
using Onetun.Forwarder.Resources;
using Onetun.Tunnel;
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

    /// <summary>Whether there is something that peers connect to.</summary>
    bool IsReached { get; }
}
