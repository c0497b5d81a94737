using Onetun.Capture;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>The way in: from a received batch to the stack.</summary>
internal sealed partial class TunnelDriver
{
    /// <summary>No more than these in a round: 0.5 ms of work, for which the first one waits for its answer.</summary>
    private const int RoundDatagrams = 64;

    /// <summary>No more of these are opened before they go to the stack: they fit into the nearest cache.</summary>
    private const int OpenedDatagrams = 16;

    private readonly Arrival[] _arrivals = new Arrival[OpenedDatagrams];
    private readonly DatagramCopies _sealed = new();

    /// <summary>Takes what was received, and what has come meanwhile, and answers all of it at once.</summary>
    public void HaveRound(ReceiveBatch batch)
    {
        using var round = BeginRound();
        ContinueWatches();
        var taken = 0;
        do
        {
            taken += batch.Count;
            TakeAll(batch);
            round.Continue();
        }
        while (batch.IsBusy && taken < RoundDatagrams && _transport.TryReceive(batch) > 0);
    }

    private void ReceiveAll()
    {
        using var batch = _transport.CreateReceiveBatch();
        while (_transport.Receive(batch, _poller) > 0 || !_transport.IsDisposed)
        {
            HaveRound(batch);
            _roundEnd.Reach();
        }

        ContinueWatches(); // Those that the last wait has found: nobody else would
    }

    private void ContinueWatches()
    {
        if (OperatingSystem.IsLinux())
        {
            _poller?.Continue();
        }
    }

    private void TakeAll(ReceiveBatch batch)
    {
        var now = Now; // Here, not when a packet is processed: waiting for the lock is no part of the round trip
        var first = 0;
        do
        {
            var count = Math.Min(batch.Count - first, _arrivals.Length);
            Open(now, batch, first, count);
            using var turn = BeginTurn(now);
            try
            {
                Take(now, batch, first, count);
            }
            catch (Exception fault)
            {
                _faults.Add("a received batch", fault);
            }

            TimeOutIfDue(now); // As long as datagrams come, nobody hears the alarm
            first += count;
        }
        while (first < batch.Count);
    }

    /// <summary>Others may have their turns while packets are opened.</summary>
    private void Open(TimeSpan now, ReceiveBatch batch, int first, int count)
    {
        using (BeginTurn(now))
        {
            for (var i = 0; i < count && !_disposed; i++)
            {
                _arrivals[i] = _device.Find(now, batch[first + i]);
            }
        }

        var isShown = _taps.ShowOuter;
        _sealed.Clear();
        for (var i = 0; i < count; i++)
        {
            if (isShown)
            {
                _sealed.Add(batch[first + i]);
            }

            _arrivals[i].Open(batch[first + i]);
        }
    }

    private void Take(TimeSpan now, ReceiveBatch batch, int first, int count)
    {
        for (var i = first; i < first + count && !_disposed; i++)
        {
            var datagram = batch[i];
            var received = _device.Take(now, _arrivals[i - first], datagram, batch.SourceOf(i), batch.EcnOf(i));
            _heard?.Invoke(received.Outcome);
            if (received.Peer is not null)
            {
                _silence.Break(now);
            }

            var packet = datagram.Slice(received.Offset, received.Length);
            if (i - first < _sealed.Count)
            {
                var remark = Remarks.OnReceived(now, received, batch.SourceOf(i), received.Peer is { } peer ? _whereabouts.Look(peer) : null);
                _taps.Outer(PacketDirection.Inbound, batch.SourceOf(i), batch.EcnOf(i), _sealed[i - first], packet, remark);
            }

            if (received.Outcome == DatagramOutcome.Packet)
            {
                TakePacket(now, packet);
            }
        }
    }

    private void TakePacket(TimeSpan now, ReadOnlySpan<byte> packet)
    {
        var outcome = Stack.Receive(now, packet);
        if (_taps.ShowInner)
        {
            _taps.Inner(PacketDirection.Inbound, packet, Remarks.OnPacket(outcome));
        }
    }
}
