namespace Onetun.NetStack;

/// <summary>
/// The delivery rate, sampled by every ACK over the flight of the newest segment that it acknowledges (draft-ietf-ccwg-bbr-05
/// §4.1).
/// </summary>
internal sealed class DeliveryRate
{
    private TimeSpan _deliveredAt; // C.delivered_time
    private TimeSpan _firstSentAt; // C.first_send_time
    private long _appLimited; // C.app_limited
    private long _newestEnd;
    private RateSample _sample;

    /// <summary>Bytes delivered over the connection's life (C.delivered).</summary>
    public long Delivered { get; private set; }

    /// <summary>Bytes marked lost over the connection's life (C.lost).</summary>
    public long Lost { get; private set; }

    /// <summary>The connection is application-limited: samples measure the application's rate and not the network's.</summary>
    public bool IsAppLimited => _appLimited > 0;

    /// <summary>A segment is sent (§4.1.2.2).</summary>
    /// <param name="now">The current time.</param>
    /// <param name="flight">Bytes in flight without it.</param>
    /// <param name="length">Its length in bytes.</param>
    public SendSnapshot OnSent(TimeSpan now, long flight, int length)
    {
        if (flight == 0)
        {
            (_firstSentAt, _deliveredAt) = (now, now);
        }

        return new SendSnapshot(Delivered, _deliveredAt, _firstSentAt, Lost, flight + length, IsAppLimited);
    }

    /// <summary>An ACK arrived (InitRateSample).</summary>
    public void BeginSample() => _sample = default;

    /// <summary>A segment was marked lost.</summary>
    public void OnLost(long bytes) => Lost += bytes;

    /// <summary>A part of a segment was delivered: it counts, but gives no sample.</summary>
    public void OnPartDelivered(TimeSpan now, long bytes)
    {
        Delivered += bytes;
        _deliveredAt = now;
    }

    /// <summary>Some of the bytes that the current ACK delivers were counted before.</summary>
    public void Deduct(long bytes) => Delivered -= bytes;

    /// <summary>A segment was delivered (UpdateRateSample).</summary>
    public void OnDelivered(TimeSpan now, in SentSegment segment)
    {
        OnPartDelivered(now, segment.Length);
        var newest = segment.SentAt > _firstSentAt || (segment.SentAt == _firstSentAt && segment.End > _newestEnd);
        if (_sample.HasData && !newest)
        {
            return;
        }

        ref readonly var then = ref segment.Snapshot;
        var sending = segment.SentAt - then.FirstSentAt;
        var acknowledging = now - then.DeliveredAt;
        _sample = new RateSample
        {
            HasData = true,
            PriorDelivered = then.Delivered,
            PriorLost = then.Lost,
            Flight = then.Flight,
            IsAppLimited = then.IsAppLimited,
            Interval = sending > acknowledging ? sending : acknowledging,
        };
        (_firstSentAt, _newestEnd) = (segment.SentAt, segment.End);
    }

    /// <summary>The ACK has been processed (GenerateRateSample).</summary>
    public RateSample EndSample(TimeSpan minRtt)
    {
        if (Delivered > _appLimited)
        {
            _appLimited = 0; // The application-limited flight has been delivered
        }

        if (!_sample.HasData)
        {
            return default;
        }

        _sample.Delivered = Delivered - _sample.PriorDelivered;
        _sample.Lost = Lost - _sample.PriorLost;
        if (_sample.Interval >= minRtt && _sample.Interval > TimeSpan.Zero)
        {
            _sample.BytesPerSecond = _sample.Delivered / _sample.Interval.TotalSeconds;
        }

        return _sample;
    }

    /// <summary>
    /// There was room in the window and nothing to send (§4.1.2.4): samples are marked until this flight is delivered.
    /// </summary>
    public void MarkAppLimited(long flight) => _appLimited = Math.Max(Delivered + flight, 1);
}

/// <summary>The state of the connection when a segment was sent (draft-ietf-ccwg-bbr-05 §4.1.2.1.2).</summary>
/// <param name="Delivered">Bytes that had been delivered.</param>
/// <param name="DeliveredAt">When the last of them was acknowledged.</param>
/// <param name="FirstSentAt">When the first segment of its flight was sent.</param>
/// <param name="Lost">Bytes that had been marked lost.</param>
/// <param name="Flight">Bytes in flight, this segment included.</param>
/// <param name="IsAppLimited">The connection was application-limited.</param>
internal readonly record struct SendSnapshot(
    long Delivered, TimeSpan DeliveredAt, TimeSpan FirstSentAt, long Lost, long Flight, bool IsAppLimited);

/// <summary>The delivery rate sample of one ACK (draft-ietf-ccwg-bbr-05 §4.1.2.1.3).</summary>
internal struct RateSample
{
    /// <summary>Data was delivered.</summary>
    public bool HasData;

    /// <summary>The delivery rate, in bytes a second; zero if the interval is too short to be believed.</summary>
    public double BytesPerSecond;

    public TimeSpan Interval;

    /// <summary>Bytes delivered since the newest acknowledged segment was sent.</summary>
    public long Delivered;

    /// <summary>Bytes that had been delivered when it was sent.</summary>
    public long PriorDelivered;

    /// <summary>Bytes marked lost since it was sent.</summary>
    public long Lost;

    public long PriorLost;

    /// <summary>Bytes in flight when it was sent.</summary>
    public long Flight;

    public bool IsAppLimited;
}
