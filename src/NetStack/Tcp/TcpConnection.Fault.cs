namespace Onetun.NetStack;

/// <summary>Ends a connection whose state can no longer be trusted.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>
    /// Ends the connection with a reset, and touches as little of it as possible: the blocks of its buffers are left to the
    /// garbage collector, since a block returned to a pool twice would show one connection's bytes to another.
    /// </summary>
    public void Break()
    {
        WantOutput();
        // A reset whose writing failed is not tried again, and a SYN that was never sent needs none
        _resetDue = End != TcpEnd.Fault && State is not (TcpState.Closed or TcpState.SynSent);
        _strayReset = null;
        (State, End) = (TcpState.Closed, TcpEnd.Fault);
        _timers = new TcpTimers();
        Sender.Abandon();
        Receiver.Buffer.Clear();
        Raise(TcpEvents.Ended);
    }

    /// <summary>What is needed to find a fault: the flow, the state, and the sequence positions.</summary>
    public string Describe() => $"TCP {Flow.Local}:{Flow.LocalPort} - {Flow.Remote}:{Flow.RemotePort} in {State}: "
        + $"SND.UNA {Sender.Unacknowledged}, SND.NXT {Sender.Next}, SND.WND {Sender.Window}, "
        + $"to send {Sender.Buffer.Start} to {Sender.Buffer.End}{(Sender.IsFinished ? " and FIN" : "")}, "
        + $"RCV.NXT {Receiver.Next}, edge {Receiver.Edge}, to read {Receiver.Buffer.Start} to {Receiver.Buffer.End}";
}
