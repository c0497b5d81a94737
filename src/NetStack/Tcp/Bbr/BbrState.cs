namespace Onetun.NetStack;

/// <summary>The states of BBR (draft-ietf-ccwg-bbr-05 §5.1.1).</summary>
internal enum BbrState
{
    /// <summary>Doubles the rate in each round until the bandwidth is full.</summary>
    Startup,

    /// <summary>Drains the queue that Startup built up.</summary>
    Drain,

    /// <summary>
    /// Sends slightly less than the path delivers, to drain the queue of the last probe and leave room for others.
    /// </summary>
    ProbeBwDown,

    /// <summary>Sends as much as the path delivers.</summary>
    ProbeBwCruise,

    /// <summary>Fills the pipe for one round, before probing.</summary>
    ProbeBwRefill,

    /// <summary>Probes: sends a quarter more, to see whether it is delivered.</summary>
    ProbeBwUp,

    /// <summary>Halves the volume in flight for a moment, to measure the round-trip time without a queue.</summary>
    ProbeRtt,
}
