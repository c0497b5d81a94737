namespace Onetun.NetStack;

/// <summary>
/// Startup and Drain (§5.3.1, §5.3.2): finds the bandwidth by doubling the rate, then drains the queue that this built up.
/// </summary>
internal sealed partial class Bbr
{
    private const double StartupPacingGain = 2.77; // BBR.StartupPacingGain
    private const double PlateauGrowth = 1.25; // §5.3.1.2
    private const int PlateauRounds = 3;
    private const int StartupLosses = 6; // BBRStartupFullLossCnt
    private const int DrainRounds = 3;

    private bool _fullBandwidthReached;
    private bool _fullBandwidthNow;
    private double _fullBandwidth;
    private int _fullBandwidthCount;
    private int _lossEvents; // The number of discontiguous ranges lost in the round
    private long _lossEnd;
    private long _drainStart;

    private void ResetFullBandwidth() => (_fullBandwidth, _fullBandwidthCount, _fullBandwidthNow) = (0, 0, false);

    /// <summary>The bandwidth is full after three rounds in which it grew by less than a quarter (§5.3.1.2).</summary>
    private void CheckFullBandwidth(in AckSample sample)
    {
        if (_fullBandwidthNow || !_roundStart || sample.Rate.IsAppLimited)
        {
            return;
        }

        if (sample.Rate.BytesPerSecond >= _fullBandwidth * PlateauGrowth)
        {
            ResetFullBandwidth();
            _fullBandwidth = sample.Rate.BytesPerSecond;
            return;
        }

        _fullBandwidthNow = ++_fullBandwidthCount >= PlateauRounds;
        _fullBandwidthReached |= _fullBandwidthNow;
    }

    private void CountStartupLoss(in SentSegment segment)
    {
        _lossEvents += segment.Start == _lossEnd ? 0 : 1;
        _lossEnd = segment.End;
    }

    private void CheckStartupDone(in AckSample sample)
    {
        if (_state == BbrState.Startup)
        {
            CheckStartupLoss(sample);
        }

        if (_lossRoundStart)
        {
            _lossEvents = 0;
        }

        if (_state == BbrState.Startup && _fullBandwidthReached)
        {
            (_state, _drainStart) = (BbrState.Drain, _rounds);
        }
    }

    /// <summary>
    /// The bandwidth is full after a round of recovery with more than 2 % lost, in at least six places (§5.3.1.3).
    /// </summary>
    private void CheckStartupLoss(in AckSample sample)
    {
        var enough = _hasSack ? _lossRoundStart && _lossEvents >= StartupLosses : _lossEvents > 0;
        if (_recovering && enough && IsInflightTooHigh(sample))
        {
            _fullBandwidthReached = true;
            _inflightLongTerm = Math.Max(BandwidthDelay(1), _inflightLatest);
        }
    }

    private void CheckDrainDone(in AckSample sample)
    {
        if (_state == BbrState.Drain
            && (sample.Flight <= Budget(BandwidthDelay(1)) || _rounds > _drainStart + DrainRounds))
        {
            StartDown(sample.Now);
        }
    }
}
