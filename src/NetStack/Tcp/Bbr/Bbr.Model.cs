namespace Onetun.NetStack;

/// <summary>The model of the path: its bandwidth, and the volume of data in flight that it holds (§5.5).</summary>
internal sealed partial class Bbr
{
    private const double LossThreshold = 0.02; // BBR.LossThresh
    private const double Beta = 0.7; // BBR.Beta
    private const int AggregationRounds = 5; // Of each of two slots: BBR.ExtraAckedFilterLen is 10

    private long _delivered; // C.delivered
    private long _nextRound; // BBR.next_round_delivered
    private long _rounds; // BBR.round_count
    private bool _roundStart;

    private SlottedMax _maxBandwidth; // BBR.max_bw_filter: a slot is a cycle of ProbeBW (§5.5.6)
    private double _bandwidth; // BBR.bw
    private double _bandwidthShortTerm = double.PositiveInfinity;
    private double _bandwidthLatest;
    private double _inflightLongTerm = double.PositiveInfinity;
    private double _inflightShortTerm = double.PositiveInfinity;
    private double _inflightLatest;

    private bool _lossInRound;
    private bool _lossRoundStart;
    private long _lossRound; // BBR.loss_round_delivered

    private SlottedMax _extraAcked;
    private TimeSpan _extraAckedSince;
    private double _extraAckedDelivered;
    private long _extraAckedRound;

    private (BbrState State, double Bandwidth, double ShortTerm, double LongTerm) _undo;
    private bool _undoSaved;
    private bool _hasSack = true; // C.has_selective_acks

    private double MaxBandwidth => _maxBandwidth.Value;

    /// <summary>BBRTargetInflight.</summary>
    private double TargetInflight => Math.Min(BandwidthDelay(1), Window);

    /// <summary>BBRHandleLostPacket (§5.5.10.2).</summary>
    public void OnLost(in SentSegment segment, DeliveryRate rate)
    {
        SaveForUndo();
        if (!_lossInRound)
        {
            (_lossInRound, _lossRound) = (true, rate.Delivered);
        }

        CountStartupLoss(segment);
        if (!_probingSamples)
        {
            return; // It was not sent while probing for bandwidth
        }

        var lost = rate.Lost - segment.Snapshot.Lost;
        var flight = segment.Snapshot.Flight;
        if (IsTooMuch(lost, flight))
        {
            OnInflightTooHigh(InflightAtLoss(segment.Length, flight, lost), segment.Snapshot.IsAppLimited);
        }
    }

    /// <summary>Restores the model (§5.5.11.2).</summary>
    public void OnSpuriousLoss()
    {
        _lossInRound = false;
        ResetFullBandwidth();
        _bandwidthShortTerm = Math.Max(_bandwidthShortTerm, _undo.Bandwidth);
        _inflightShortTerm = Math.Max(_inflightShortTerm, _undo.ShortTerm);
        _inflightLongTerm = Math.Max(_inflightLongTerm, _undo.LongTerm);
        EndRecovery();
        if (_state is BbrState.ProbeRtt || _state == _undo.State)
        {
            return;
        }

        if (_undo.State == BbrState.Startup)
        {
            (_state, _fullBandwidthReached) = (BbrState.Startup, false); // Otherwise the next ACK would end it again
        }
        else if (_undo.State == BbrState.ProbeBwUp)
        {
            StartUp(_bandwidthLatest);
        }
    }

    /// <summary>Saves the model before the first loss of an episode changes it (§5.5.11.1).</summary>
    private void SaveForUndo()
    {
        if (!_undoSaved)
        {
            _undo = (_state, _bandwidthShortTerm, _inflightShortTerm, _inflightLongTerm);
            _undoSaved = true;
        }
    }

    private bool IsInflightTooHigh(in AckSample sample) => IsTooMuch(sample.Rate.Lost, sample.Rate.Flight);

    /// <summary>
    /// Whether the loss rate exceeds the threshold; without SACK, a single loss does, as no more are seen in a round.
    /// </summary>
    private bool IsTooMuch(long lost, long flight) => lost > (_hasSack ? flight * LossThreshold : 0);

    /// <summary>The volume in flight at which the loss rate exceeded the threshold (BBRInflightAtLoss).</summary>
    private static double InflightAtLoss(int length, long flight, long lost)
    {
        double before = flight - length;
        double lostBefore = lost - length;
        var prefix = ((LossThreshold * before) - lostBefore) / (1 - LossThreshold);
        return before + Math.Max(prefix, 0);
    }

    /// <summary>BBRUpdateRound (§5.5.1).</summary>
    private void UpdateRound(in AckSample sample)
    {
        _roundStart = sample.Rate.HasData && sample.Rate.PriorDelivered >= _nextRound;
        if (_roundStart)
        {
            StartRound();
            _rounds++;
            _roundsSinceProbe++;
        }
    }

    private void StartRound() => _nextRound = _delivered;

    /// <summary>BBRUpdateLatestDeliverySignals (§5.5.10.3), near the start of an ACK's processing.</summary>
    private void UpdateLatestDelivery(in AckSample sample)
    {
        _lossRoundStart = false;
        if (!sample.Rate.HasData)
        {
            _delivered += sample.NewlyDelivered;
            return;
        }

        _delivered = sample.Delivered;
        _bandwidthLatest = Math.Max(_bandwidthLatest, sample.Rate.BytesPerSecond);
        _inflightLatest = Math.Max(_inflightLatest, sample.Rate.Delivered);
        if (sample.Rate.PriorDelivered >= _lossRound)
        {
            (_lossRound, _lossRoundStart) = (_delivered, true);
        }
    }

    /// <summary>BBRAdvanceLatestDeliverySignals (§5.5.10.3), near its end.</summary>
    private void AdvanceLatestDelivery(in AckSample sample)
    {
        if (_lossRoundStart)
        {
            (_bandwidthLatest, _inflightLatest) = (sample.Rate.BytesPerSecond, sample.Rate.Delivered);
        }
    }

    /// <summary>Updates the bandwidth with every ACK, and responds to losses once per round (§5.5.5 and §5.5.10.3).</summary>
    private void UpdateCongestionSignals(in AckSample sample)
    {
        UpdateRound(sample);
        if (sample.Rate.BytesPerSecond >= MaxBandwidth || !sample.Rate.IsAppLimited)
        {
            _maxBandwidth.Update(sample.Rate.BytesPerSecond);
        }

        if (!_lossRoundStart)
        {
            return;
        }

        var probing = _state is BbrState.Startup or BbrState.ProbeBwRefill or BbrState.ProbeBwUp;
        if (_lossInRound && !probing)
        {
            LowerBounds();
        }

        _lossInRound = false;
    }

    private void LowerBounds()
    {
        var bandwidth = double.IsInfinity(_bandwidthShortTerm) ? MaxBandwidth : _bandwidthShortTerm;
        var inflight = double.IsInfinity(_inflightShortTerm) ? Window : _inflightShortTerm;
        _bandwidthShortTerm = Math.Max(_bandwidthLatest, Beta * bandwidth);
        _inflightShortTerm = Math.Max(_inflightLatest, Beta * inflight);
    }

    private void ResetCongestionSignals() => (_lossInRound, _bandwidthLatest, _inflightLatest) = (false, 0, 0);

    private void ResetShortTermModel() =>
        (_bandwidthShortTerm, _inflightShortTerm) = (double.PositiveInfinity, double.PositiveInfinity);

    /// <summary>
    /// Estimates how much more is ACKed at once than the bandwidth explains, to bridge the gaps between aggregated ACKs
    /// (§5.5.9).
    /// </summary>
    private void UpdateAckAggregation(in AckSample sample)
    {
        var expected = _bandwidth * (sample.Now - _extraAckedSince).TotalSeconds;
        if (_extraAckedDelivered <= expected)
        {
            (_extraAckedDelivered, _extraAckedSince, expected) = (0, sample.Now, 0);
        }

        if (_rounds - _extraAckedRound >= (_fullBandwidthReached ? AggregationRounds : 1))
        {
            _extraAckedRound = _rounds;
            _extraAcked.Advance();
        }

        _extraAckedDelivered += sample.NewlyDelivered;
        _extraAcked.Update(Math.Min(_extraAckedDelivered - expected, Window));
    }
}
