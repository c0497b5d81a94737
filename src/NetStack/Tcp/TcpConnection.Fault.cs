namespace Onetun.NetStack;

/// <summary>The end of a connection whose own state can no longer be trusted.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>
    /// Ends it with a reset, and touches as little of it as that takes: what its buffers hold is left to the collector, as a
    /// block given back to a pool twice would show one connection's bytes to another.
    /// </summary>
    public void Break()
    {
        WantOutput();
        // A reset that faults itself is not tried again, and nobody has heard of a SYN that never left
        _resetDue = End != TcpEnd.Fault && State is not (TcpState.Closed or TcpState.SynSent);
        _strayReset = null;
        (State, End) = (TcpState.Closed, TcpEnd.Fault);
        _timers = new TcpTimers();
        Sender.Abandon();
        Receiver.Buffer.Clear();
        Raise(TcpEvents.Ended);
    }

    /// <summary>What has to be known to find a fault: who, in which state, and the positions that rule it.</summary>
    public string Describe() => $"TCP {Flow.Local}:{Flow.LocalPort} - {Flow.Remote}:{Flow.RemotePort} in {State}: "
        + $"SND.UNA {Sender.Unacknowledged}, SND.NXT {Sender.Next}, SND.WND {Sender.Window}, "
        + $"to send {Sender.Buffer.Start} to {Sender.Buffer.End}{(Sender.IsFinished ? " and FIN" : "")}, "
        + $"RCV.NXT {Receiver.Next}, edge {Receiver.Edge}, to read {Receiver.Buffer.Start} to {Receiver.Buffer.End}";
}
