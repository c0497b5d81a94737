namespace Onetun.NetStack;

/// <summary>The states of BBR (draft-ietf-ccwg-bbr-05 §5.1.1).</summary>
internal enum BbrState
{
    /// <summary>Doubles the rate each round until it is found.</summary>
    Startup,

    /// <summary>Lets the queue of Startup run out.</summary>
    Drain,

    /// <summary>Sends a little less, so that the queue of probing runs out and others find room.</summary>
    ProbeBwDown,

    /// <summary>Sends what the path delivers.</summary>
    ProbeBwCruise,

    /// <summary>Fills the pipe for one round, before more is tried.</summary>
    ProbeBwRefill,

    /// <summary>Sends a quarter more, to see whether it is delivered.</summary>
    ProbeBwUp,

    /// <summary>Halves what is in flight for a moment, to see the round trip without a queue.</summary>
    ProbeRtt,
}
