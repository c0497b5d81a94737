namespace Onetun.NetStack;

/// <summary>
/// BBRv3 (draft-ietf-ccwg-bbr-05, whose sections are cited): a model of the path, made of its bandwidth and round-trip time,
/// determines the pacing rate and the volume in flight. Loss slows it down only above 2 %.
/// </summary>
/// <remarks>
/// This file has the events (§5.2) and what follows from the model (§5.6), Bbr.Model the model (§5.5), and Bbr.Startup,
/// Bbr.ProbeBw and Bbr.ProbeRtt the states (§5.3). Units are bytes and bytes per second throughout, where the draft has packets.
/// </remarks>
internal sealed partial class Bbr : ICongestionControl
{
    private const double PacingMargin = 0.99; // BBR.PacingMarginPercent
    private const int MaxQuantum = 64 * 1024;

    private int _segment = 536;
    private BbrState _state = BbrState.Startup;
    private long _priorWindow;
    private bool _recovering;
    private bool _idleRestart;
    private uint _random;

    /// <param name="seed">The seed of the random waits between probes, which keep flows from probing in step.</param>
    public Bbr(uint seed) => _random = seed | 1;

    public long Window { get; private set; } = ICongestionControl.InitialWindow(536);

    public long SlowStartThreshold => 0;

    public double PacingRate { get; private set; }

    public bool IsModelBased => true;

    /// <inheritdoc/>
    /// <remarks>The draft responds only to loss, and not to the marks of RFC 3168.</remarks>
    public bool RespondsToMarks => false;

    public bool HoldsBack => _state == BbrState.ProbeRtt;

    public BbrState State => _state;

    private long InitialWindow => ICongestionControl.InitialWindow(_segment);

    private long MinPipeWindow => 4 * _segment;

    private bool IsProbingBw => _state is >= BbrState.ProbeBwDown and <= BbrState.ProbeBwUp;

    public void SetSegmentSize(int size)
    {
        if (Window == InitialWindow)
        {
            Window = ICongestionControl.InitialWindow(size);
        }

        _segment = size;
    }

    /// <summary>BBROnInit (§5.2.1).</summary>
    public void OnConnected(TimeSpan now, TimeSpan rtt)
    {
        if (rtt > TimeSpan.Zero)
        {
            (_minRtt, _probeRttMinDelay) = (rtt, rtt);
        }

        (_minRttAt, _probeRttMinAt, _extraAckedSince) = (now, now, now);
        InitializePacingRate(rtt);
    }

    /// <summary>BBRHandleRestartFromIdle (§5.4.1).</summary>
    public void OnRestart(TimeSpan now, TimeSpan idle, TimeSpan timeout, bool appLimited)
    {
        if (!appLimited)
        {
            return;
        }

        _idleRestart = true;
        _extraAckedSince = now;
        if (IsProbingBw)
        {
            SetPacingRate(1);
        }
        else if (_state == BbrState.ProbeRtt)
        {
            CheckProbeRttDone(now);
        }
    }

    /// <summary>BBRUpdateOnACK (§5.2.3).</summary>
    public void OnAcknowledged(in AckSample sample, in RttEstimator rtt)
    {
        if (sample.NewlyDelivered == 0)
        {
            return;
        }

        _hasSack = sample.SackPermitted;
        if (_minRtt == TimeSpan.MaxValue)
        {
            InitializePacingRate(sample.Rtt); // The SYN was retransmitted, and gave no sample
        }

        UpdateLatestDelivery(sample);
        UpdateCongestionSignals(sample);
        UpdateAckAggregation(sample);
        CheckFullBandwidth(sample);
        CheckStartupDone(sample);
        CheckDrainDone(sample);
        UpdateProbeBwPhase(sample);
        UpdateMinRtt(sample);
        CheckProbeRtt(sample);
        AdvanceLatestDelivery(sample);
        _bandwidth = Math.Min(MaxBandwidth, _bandwidthShortTerm); // BBRBoundBWForModel
        SetPacingRate(PacingGain);
        SetWindow(sample);
    }

    /// <summary>BBROnEnterFastRecovery (§5.6.4.4).</summary>
    public void OnLoss(TimeSpan now, long flightSize)
    {
        SaveWindow();
        SaveForUndo();
        _recovering = true;
    }

    public void OnMark(TimeSpan now, long flightSize)
    {
    }

    public void SetWindow(long window) => Window = window;

    /// <summary>BBRRestoreCwnd at the end of recovery (§5.6.4.4).</summary>
    public void OnRecovered() => EndRecovery();

    /// <summary>BBROnEnterRTO (§5.6.4.4).</summary>
    public void OnTimeout(TimeSpan now, long flightSize, bool first) => OnLoss(now, flightSize);

    public override string ToString() =>
        $"BBR {_state}, {_bandwidth * 8e-6:F1} Mbit/s, {_minRtt.TotalMilliseconds:F1} ms";

    private void SaveWindow() =>
        _priorWindow = _recovering || _state == BbrState.ProbeRtt ? Math.Max(_priorWindow, Window) : Window;

    private void RestoreWindow() => Window = Math.Max(Window, _priorWindow);

    private void EndRecovery()
    {
        (_recovering, _undoSaved) = (false, false);
        RestoreWindow();
    }

    private double PacingGain => _state switch // §5.6.1
    {
        BbrState.Startup => StartupPacingGain,
        BbrState.Drain => 0.5,
        BbrState.ProbeBwDown => 0.9,
        BbrState.ProbeBwUp => 1.25,
        _ => 1,
    };

    private double WindowGain => _state switch
    {
        BbrState.ProbeBwUp => 2.25,
        BbrState.ProbeRtt => ProbeRttWindowGain,
        _ => 2,
    };

    /// <summary>BBRInitPacingRate (§5.6.2).</summary>
    private void InitializePacingRate(TimeSpan rtt) =>
        PacingRate = StartupPacingGain * InitialWindow / (rtt > TimeSpan.Zero ? rtt.TotalSeconds : 0.001);

    /// <summary>BBRSetPacingRateWithGain (§5.6.2).</summary>
    private void SetPacingRate(double gain)
    {
        var rate = gain * _bandwidth * PacingMargin;
        if (_fullBandwidthReached || rate > PacingRate)
        {
            PacingRate = rate;
        }
    }

    /// <summary>The send quantum, in bytes (§5.6.3).</summary>
    private long Quantum => (long)Math.Clamp(PacingRate / 1000, 2 * _segment, MaxQuantum);

    /// <summary>BBRSetCwnd (§5.6.4.6).</summary>
    private void SetWindow(in AckSample sample)
    {
        var most = Budget(BandwidthDelay(WindowGain) + _extraAcked.Value);
        if (_fullBandwidthReached)
        {
            Window = Math.Min(Window + sample.NewlyDelivered, most);
        }
        else if (Window < most || _delivered < InitialWindow)
        {
            Window += sample.NewlyDelivered;
        }

        Window = Math.Max(Window, MinPipeWindow);
        if (_state == BbrState.ProbeRtt)
        {
            Window = Math.Min(Window, ProbeRttWindow);
        }

        BoundWindowForModel();
    }

    /// <summary>BBRBoundCwndForModel (§5.6.4.7).</summary>
    private void BoundWindowForModel()
    {
        var cap = _state switch
        {
            BbrState.ProbeRtt or BbrState.ProbeBwCruise => InflightWithHeadroom,
            _ when IsProbingBw => _inflightLongTerm,
            _ => double.PositiveInfinity,
        };
        cap = Math.Max(Math.Min(cap, _inflightShortTerm), MinPipeWindow);
        Window = cap < Window ? (long)cap : Window;
    }

    /// <summary>BBRBDPMultiple (§5.6.4.2).</summary>
    private double BandwidthDelay(double gain, double? bandwidth = null) =>
        _minRtt == TimeSpan.MaxValue
            ? InitialWindow // There is no RTT sample yet
            : gain * (bandwidth ?? _bandwidth) * _minRtt.TotalSeconds;

    /// <summary>BBRQuantizationBudget (§5.6.4.2).</summary>
    private long Budget(double inflight)
    {
        var budget = Math.Max(Math.Max((long)inflight, 3 * Quantum), MinPipeWindow);
        return _state == BbrState.ProbeBwUp ? budget + (2 * _segment) : budget;
    }

    /// <summary>Uniform in [0, 1): xorshift, good enough to keep flows apart, not for secrecy.</summary>
    private double NextRandom()
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        return _random / (double)(1L << 32);
    }
}
