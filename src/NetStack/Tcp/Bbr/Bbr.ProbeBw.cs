namespace Onetun.NetStack;

/// <summary>ProbeBW (§5.3.3): cruises, and probes for more bandwidth every few seconds.</summary>
internal sealed partial class Bbr
{
    private const double Headroom = 0.15; // BBR.Headroom
    private const int RenoRounds = 63; // §5.3.3.5.2

    private static readonly TimeSpan MinProbeWait = TimeSpan.FromSeconds(2); // §5.3.3.5.3

    /// <summary>
    /// The draft randomizes the wait over a range of 1 s. But at 100 ms a probe lasts half of that, and flows leave ProbeRTT
    /// together: they probe simultaneously, and none finds the bandwidth that the other leaves. Of two flows at 100 ms,
    /// 100 Mbit/s and a queue of one bandwidth-delay product, the second got 9 Mbit/s for a minute with 1 s, and 46 with 3 s.
    /// </summary>
    private static readonly TimeSpan ProbeWaitRange = TimeSpan.FromSeconds(3);

    private AckPhase _ackPhase;
    private bool _probingSamples; // BBR.bw_probe_samples
    private long _roundsSinceProbe;
    private TimeSpan _probeWait;
    private TimeSpan _cycleStart;
    private int _upRounds;
    private double _upGrowth; // Growth of the volume per byte delivered, the inverse of BBR.probe_up_cnt

    /// <summary>Which phase of probing the ACKs belong to (BBR.ack_phase).</summary>
    private enum AckPhase
    {
        None,
        Refilling,
        ProbeStarting,
        ProbeFeedback,
        ProbeStopping,
    }

    /// <summary>BBRInflightWithHeadroom.</summary>
    private double InflightWithHeadroom => double.IsInfinity(_inflightLongTerm)
        ? double.PositiveInfinity
        : Math.Max(_inflightLongTerm - Math.Max(_segment, Headroom * _inflightLongTerm), MinPipeWindow);

    /// <summary>BBRUpdateProbeBWCyclePhase (§5.3.3.6).</summary>
    private void UpdateProbeBwPhase(in AckSample sample)
    {
        if (!_fullBandwidthReached)
        {
            return;
        }

        // Before the volume is raised: bandwidth can reach a plateau only where the volume did not limit it
        var held = sample.IsCwndLimited && Window >= (long)_inflightLongTerm;
        AdaptLongTermModel(sample, held);
        switch (_state)
        {
            case BbrState.ProbeBwDown or BbrState.ProbeBwCruise when IsTimeToProbe(sample.Now):
                StartRefill();
                break;
            case BbrState.ProbeBwDown when IsTimeToCruise(sample):
                _state = BbrState.ProbeBwCruise;
                break;
            case BbrState.ProbeBwRefill when _roundStart:
                _probingSamples = true;
                StartUp(sample.Rate.BytesPerSecond);
                break;
            case BbrState.ProbeBwUp when IsTimeToGoDown(sample, held):
                StartDown(sample.Now);
                break;
        }
    }

    private void StartDown(TimeSpan now)
    {
        ResetCongestionSignals();
        _upGrowth = 0;
        _roundsSinceProbe = NextRandom() < 0.5 ? 0 : 1; // BBRPickProbeWait
        _probeWait = MinProbeWait + (ProbeWaitRange * NextRandom());
        _cycleStart = now;
        _ackPhase = AckPhase.ProbeStopping;
        StartRound();
        _state = BbrState.ProbeBwDown;
    }

    private void StartRefill()
    {
        ResetShortTermModel();
        _upRounds = 0;
        _ackPhase = AckPhase.Refilling;
        StartRound();
        _state = BbrState.ProbeBwRefill;
    }

    private void StartUp(double rate)
    {
        _ackPhase = AckPhase.ProbeStarting;
        StartRound();
        ResetFullBandwidth();
        _fullBandwidth = rate;
        _state = BbrState.ProbeBwUp;
        RaiseSlope();
    }

    /// <summary>
    /// As often as a Reno flow with this volume would lose a packet, but at the latest after the wait (§5.3.3.5).
    /// </summary>
    private bool IsTimeToProbe(TimeSpan now) =>
        now > _cycleStart + _probeWait
        || _roundsSinceProbe >= Math.Min(TargetInflight / _segment, RenoRounds);

    private bool IsTimeToCruise(in AckSample sample) =>
        sample.Flight <= InflightWithHeadroom && sample.Flight <= Budget(BandwidthDelay(1, MaxBandwidth));

    private bool IsTimeToGoDown(in AckSample sample, bool held)
    {
        if (held)
        {
            ResetFullBandwidth();
            _fullBandwidth = sample.Rate.BytesPerSecond;
            return false;
        }

        return _fullBandwidthNow;
    }

    /// <summary>BBRAdaptLongTermModel.</summary>
    private void AdaptLongTermModel(in AckSample sample, bool held)
    {
        if (_ackPhase == AckPhase.ProbeStarting && _roundStart)
        {
            _ackPhase = AckPhase.ProbeFeedback;
        }
        else if (_ackPhase == AckPhase.ProbeStopping && _roundStart)
        {
            (_ackPhase, _probingSamples) = (AckPhase.None, false); // Once per cycle, as in Linux; the draft does not say
            if (IsProbingBw && !sample.Rate.IsAppLimited && sample.Rate.BytesPerSecond > 0)
            {
                _maxBandwidth.Advance(); // §5.5.6: the best samples of this cycle are in
            }
        }

        if (IsInflightTooHigh(sample) || double.IsInfinity(_inflightLongTerm))
        {
            return;
        }

        _inflightLongTerm = Math.Max(_inflightLongTerm, sample.Rate.Flight);
        if (_state == BbrState.ProbeBwUp && held)
        {
            RaiseInflight(sample);
        }
    }

    /// <summary>
    /// BBRProbeInflightLongtermUpward: by one segment in the first round, and by twice as many in each further one.
    /// </summary>
    private void RaiseInflight(in AckSample sample)
    {
        _inflightLongTerm += sample.NewlyDelivered * _upGrowth;
        if (_roundStart)
        {
            RaiseSlope();
        }
    }

    private void RaiseSlope()
    {
        _upGrowth = Math.Min((double)((long)_segment << _upRounds) / Window, 1);
        _upRounds = Math.Min(_upRounds + 1, 30);
    }

    /// <summary>BBRHandleInflightTooHigh.</summary>
    private void OnInflightTooHigh(double inflight, bool appLimited)
    {
        _probingSamples = false; // Once per probe
        if (!appLimited)
        {
            _inflightLongTerm = Math.Max(inflight, TargetInflight * Beta);
        }

        if (_state == BbrState.ProbeBwUp)
        {
            StartDown(_now);
        }
    }
}
