namespace Onetun.NetStack;

/// <summary>ProbeRTT (§5.3.4): the minimum round-trip time, and the phases in which it is probed.</summary>
internal sealed partial class Bbr
{
    private const double ProbeRttWindowGain = 0.5; // BBR.ProbeRTTCwndGain

    private static readonly TimeSpan MinRttLifetime = TimeSpan.FromSeconds(10); // BBR.MinRTTFilterLen
    private static readonly TimeSpan ProbeRttInterval = TimeSpan.FromSeconds(5); // BBR.ProbeRTTInterval
    private static readonly TimeSpan ProbeRttDuration = TimeSpan.FromMilliseconds(200); // BBR.ProbeRTTDuration

    private TimeSpan _now;
    private TimeSpan _minRtt = TimeSpan.MaxValue;
    private TimeSpan _minRttAt;
    private TimeSpan _probeRttMinDelay = TimeSpan.MaxValue;
    private TimeSpan _probeRttMinAt;
    private TimeSpan? _probeRttDone;
    private bool _probeRttRoundDone;
    private bool _probeRttExpired;

    private long ProbeRttWindow => Math.Max((long)BandwidthDelay(ProbeRttWindowGain), MinPipeWindow);

    /// <summary>BBRUpdateMinRTT (§5.3.4.3).</summary>
    private void UpdateMinRtt(in AckSample sample)
    {
        _now = sample.Now;
        _probeRttExpired = sample.Now > _probeRttMinAt + ProbeRttInterval;
        if (sample.Rtt > TimeSpan.Zero && (sample.Rtt < _probeRttMinDelay || _probeRttExpired))
        {
            (_probeRttMinDelay, _probeRttMinAt) = (sample.Rtt, sample.Now);
        }

        if (_probeRttMinDelay < _minRtt || sample.Now > _minRttAt + MinRttLifetime)
        {
            (_minRtt, _minRttAt) = (_probeRttMinDelay, _probeRttMinAt);
        }
    }

    private void CheckProbeRtt(in AckSample sample)
    {
        if (_state != BbrState.ProbeRtt && _probeRttExpired && !_idleRestart)
        {
            SaveWindow();
            _state = BbrState.ProbeRtt;
            _probeRttDone = null;
            _ackPhase = AckPhase.ProbeStopping;
            StartRound();
        }

        if (_state == BbrState.ProbeRtt)
        {
            ContinueProbeRtt(sample);
        }

        _idleRestart = false;
    }

    private void ContinueProbeRtt(in AckSample sample)
    {
        if (_probeRttDone is null)
        {
            if (sample.Flight <= ProbeRttWindow)
            {
                (_probeRttDone, _probeRttRoundDone) = (sample.Now + ProbeRttDuration, false);
                StartRound();
            }

            return;
        }

        _probeRttRoundDone |= _roundStart;
        if (_probeRttRoundDone)
        {
            CheckProbeRttDone(sample.Now);
        }
    }

    private void CheckProbeRttDone(TimeSpan now)
    {
        if (_probeRttDone is not { } done || now <= done)
        {
            return;
        }

        _probeRttMinAt = now; // The next one is in five seconds
        RestoreWindow();
        ResetShortTermModel(); // §5.3.4.4
        if (_fullBandwidthReached)
        {
            StartDown(now);
            _state = BbrState.ProbeBwCruise; // The volume in flight is already low
        }
        else
        {
            _state = BbrState.Startup;
        }
    }
}
