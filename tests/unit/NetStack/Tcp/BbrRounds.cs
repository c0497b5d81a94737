namespace Onetun.NetStack.Tests;

/// <summary>BBR, ACK by ACK: each is a round of its own, on a path of 1 MB/s and 100 ms.</summary>
public abstract class BbrRounds
{
    private protected const int Segment = 1000;
    private protected const double Full = 1e6;
    private protected const long Product = 100_000;

    private protected static readonly TimeSpan Rtt = TimeSpan.FromMilliseconds(100);

    private protected readonly Bbr _bbr = new(seed: 1);
    private readonly DeliveryRate _rate = new();
    private protected TimeSpan _now = TimeSpan.FromHours(1);
    private long _delivered;
    private long _position = 1;
    private double _shorter;

    protected BbrRounds()
    {
        _bbr.SetSegmentSize(Segment);
        _bbr.OnConnected(_now, Rtt);
    }

    private protected void Until(BbrState state, double rate = Full, long flight = 20_000, double rtt = 100)
    {
        for (var i = 0; _bbr.State != state; i++)
        {
            Assert.True(i < 1000, $"still {_bbr.State}");
            Ack(rate, (long)(rate / 10), flight, rtt: rtt);
        }
    }

    // A recovery begins, with segments lost that do not touch
    private protected void Lose(int places, long flight = 250_000)
    {
        var then = new SendSnapshot(_delivered, _now, _now, _rate.Lost, flight, IsAppLimited: false);
        for (var i = 0; i < places; i++, _position += 2 * Segment)
        {
            _rate.OnLost(Segment);
            _bbr.OnLost(new SentSegment { Start = _position, End = _position + Segment, Snapshot = then }, _rate);
        }

        _bbr.OnLoss(_now, flight);
    }

    // Round trips of 100 ms get shorter by next to nothing, so that none need be looked for
    private protected void Ack(
        double rate, long delivered = 100_000, long flight = 0, int lost = 0, double rtt = 100,
        bool appLimited = false, bool windowLimited = false, bool sack = true)
    {
        rtt = rtt == 100 ? 100 - (_shorter += 0.0001) : rtt;
        _now += TimeSpan.FromMilliseconds(rtt);
        _rate.OnPartDelivered(_now, delivered);
        var sample = Sample(rate, delivered, flight);
        var told = sample with
        {
            IsCwndLimited = windowLimited,
            Rtt = TimeSpan.FromMilliseconds(rtt),
            SackPermitted = sack,
            Rate = sample.Rate with { Lost = lost, IsAppLimited = appLimited },
        };
        _bbr.OnAcknowledged(told, default);
        _delivered += delivered;
    }

    private protected AckSample Sample(double rate, long delivered, long flight) => new()
    {
        Now = _now,
        NewlyDelivered = delivered,
        Flight = flight,
        Rtt = Rtt,
        SackPermitted = true,
        Rate = new RateSample
        {
            HasData = true,
            BytesPerSecond = rate,
            Delivered = delivered,
            PriorDelivered = _delivered,
            Flight = flight,
        },
    };
}
