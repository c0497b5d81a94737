namespace Onetun.WireGuard.Tests;

/// <summary>The timers of handshakes: retry, give-up, spacing, silence and the zeroing of keys.</summary>
public sealed class HandshakeTimerTests : IDisposable
{
    private static readonly TimeSpan MaxJitter = TimeSpan.FromMilliseconds(333);

    private readonly PeerPair _pair = new();

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void Unanswered_initiation_is_retried_after_five_seconds_and_jitter()
    {
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        _pair.Advance(60);

        var gaps = Gaps(_pair.Eavesdropper.Times(_pair.Alice, MessageType.HandshakeInitiation));
        Assert.InRange(gaps.Length, 11, 12);
        Assert.All(gaps, gap => Assert.InRange(gap, Constants.RekeyTimeout, Constants.RekeyTimeout + MaxJitter));
        Assert.True(gaps.Distinct().Count() > 1, "no jitter");
    }

    [Fact]
    public void Handshake_is_given_up_after_twenty_initiations_and_what_waited_is_dropped()
    {
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        var start = _pair.Now;
        _pair.Advance(300);

        var times = _pair.Eavesdropper.Times(_pair.Alice, MessageType.HandshakeInitiation);
        Assert.Equal(20, times.Length);
        Assert.InRange(times[^1] - start, TimeSpan.FromSeconds(95), TimeSpan.FromSeconds(101.5));
        Assert.Equal(0, _pair.AlicesBob.Staged.Count);
        Assert.False(_pair.AlicesBob.Timers.IsPending(PeerTimer.RetransmitHandshake));
    }

    [Fact]
    public void Next_packet_starts_again_after_giving_up()
    {
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        _pair.Advance(300);

        _pair.Eavesdropper.Filter = null;
        _pair.AliceSends(tag: 9);
        _pair.Settle();
        Assert.Equal(Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress, tag: 9), Assert.Single(_pair.Bob.Packets));
    }

    [Fact]
    public void Giving_up_zeroes_keys_after_540_seconds_even_without_a_session()
    {
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        _pair.Advance(120);
        var zero = _pair.AlicesBob.Timers.Deadline(PeerTimer.ZeroKeys);
        var lastInitiation = _pair.Eavesdropper.Times(_pair.Alice, MessageType.HandshakeInitiation)[^1];
        var gaveUp = zero - TimeSpan.FromSeconds(540);
        Assert.InRange(gaveUp - lastInitiation, Constants.RekeyTimeout, Constants.RekeyTimeout + MaxJitter);

        _pair.Advance(540);
        Assert.Null(_pair.AlicesBob.Handshake.PendingIndex);
        Assert.Equal(TimeSpan.MaxValue, _pair.Alice.Device.NextTimeout);
    }

    [Fact]
    public void Giving_up_cancels_the_keepalive_that_was_due()
    {
        _pair.Connected();
        _pair.Advance(20);

        // Silence makes Alice try in vain, while her session is still good for what Bob sends.
        _pair.Eavesdropper.Filter = datagram => datagram.Source == _pair.Bob.EndPoint && datagram.Type == MessageType.Transport;
        _pair.AliceSends();
        for (var i = 0; i < 400 && _pair.Eavesdropper.Count(MessageType.HandshakeInitiation) < 20; i++)
        {
            _pair.Advance(0.5);
        }

        _pair.BobSends();
        _pair.Settle();
        Assert.True(_pair.AlicesBob.Timers.IsPending(PeerTimer.SendKeepalive));
        _pair.Advance(6);
        Assert.False(_pair.AlicesBob.Timers.IsPending(PeerTimer.SendKeepalive));
    }

    [Fact]
    public void New_traffic_starts_the_count_of_retries_again()
    {
        _pair.Eavesdropper.Filter = _ => false;
        for (var second = 0; second < 300; second += 4)
        {
            _pair.AliceSends();
            _pair.Advance(4);
        }

        Assert.InRange(_pair.Eavesdropper.Times(_pair.Alice, MessageType.HandshakeInitiation).Length, 55, 61);
    }

    [Fact]
    public void Second_handshake_does_not_start_within_five_seconds_of_the_last_handshake_message()
    {
        _pair.Eavesdropper.Filter = _ => false;
        for (var i = 0; i < 49; i++)
        {
            _pair.AliceSends();
            _pair.Advance(0.1);
        }

        Assert.Single(_pair.Eavesdropper.Log);
    }

    [Fact]
    public void Suppressed_retry_arms_itself_again()
    {
        // A response that Alice sent just before her retry was due suppresses that retry.
        _pair.Eavesdropper.Filter = datagram => datagram.Source == _pair.Bob.EndPoint;
        _pair.AliceSends();
        _pair.Advance(4.5);
        _pair.Bob.Device.SetEndPoint(_pair.Now, _pair.BobsAlice, _pair.Alice.EndPoint);
        _pair.BobSends();
        _pair.Settle();
        Assert.Equal(1, _pair.Eavesdropper.Count(MessageType.HandshakeResponse));

        var response = _pair.Now;
        _pair.Eavesdropper.Filter = datagram => datagram.Source == _pair.Alice.EndPoint;
        _pair.Advance(9);
        var retry = _pair.Eavesdropper.Times(_pair.Alice, MessageType.HandshakeInitiation)[1];
        Assert.InRange(retry - response, Constants.RekeyTimeout, Constants.RekeyTimeout + TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void Packet_that_waits_behind_an_unconfirmed_session_brings_a_handshake_of_its_own()
    {
        _pair.Eavesdropper.Filter = datagram => datagram.Type == MessageType.HandshakeInitiation;
        _pair.AliceSends();
        _pair.Settle();
        _pair.Eavesdropper.Filter = datagram => datagram.Source == _pair.Bob.EndPoint;
        var response = _pair.Now;
        Assert.Equal(SendOutcome.Staged, _pair.BobSends());
        _pair.Advance(6);
        var initiation = Assert.Single(_pair.Eavesdropper.Times(_pair.Bob, MessageType.HandshakeInitiation));
        Assert.InRange(initiation - response, Constants.RekeyTimeout, Constants.RekeyTimeout + MaxJitter);
    }

    [Fact]
    public void Data_without_an_answer_for_15_seconds_starts_a_handshake()
    {
        _pair.Connected();
        _pair.Advance(20);
        _pair.Eavesdropper.Log.Clear();
        _pair.Eavesdropper.Filter = datagram => datagram.Source == _pair.Alice.EndPoint;
        var sent = _pair.Now;
        _pair.AliceSends();
        _pair.Advance(16);

        var initiation = Assert.Single(_pair.Eavesdropper.Times(_pair.Alice, MessageType.HandshakeInitiation));
        Assert.InRange(initiation - sent, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(15) + MaxJitter);
    }

    [Fact]
    public void Silence_is_counted_from_the_first_unanswered_packet()
    {
        _pair.Connected();
        _pair.Advance(20);
        _pair.AliceSends();
        var deadline = _pair.AlicesBob.Timers.Deadline(PeerTimer.NewHandshake);
        _pair.Eavesdropper.Filter = _ => false;
        _pair.Advance(5);
        _pair.AliceSends();
        Assert.Equal(deadline, _pair.AlicesBob.Timers.Deadline(PeerTimer.NewHandshake));
    }

    [Fact]
    public void Keepalive_from_the_peer_ends_the_silence()
    {
        _pair.Connected();
        _pair.AliceSends();
        Assert.True(_pair.AlicesBob.Timers.IsPending(PeerTimer.NewHandshake));
        _pair.Advance(11);
        Assert.False(_pair.AlicesBob.Timers.IsPending(PeerTimer.NewHandshake));
        _pair.Advance(40);
        Assert.Equal(0, _pair.Eavesdropper.Count(MessageType.HandshakeInitiation));
    }

    [Fact]
    public void Keepalive_that_was_sent_needs_no_answer()
    {
        _pair.Connected();
        _pair.Advance(20);
        _pair.Alice.Device.SetPersistentKeepalive(_pair.Now, _pair.AlicesBob, TimeSpan.FromSeconds(50));
        _pair.Settle();
        Assert.False(_pair.AlicesBob.Timers.IsPending(PeerTimer.NewHandshake));
    }

    [Fact]
    public void Keys_are_zeroed_540_seconds_after_the_last_session_was_derived()
    {
        _pair.Connected();
        var derived = _pair.Now;
        Assert.Equal(derived + TimeSpan.FromSeconds(540), _pair.AlicesBob.Timers.Deadline(PeerTimer.ZeroKeys));
        Assert.Equal(derived + TimeSpan.FromSeconds(540), _pair.BobsAlice.Timers.Deadline(PeerTimer.ZeroKeys));

        _pair.Advance(539.999);
        Assert.NotNull(_pair.AlicesBob.Sessions.Current);
        _pair.Advance(0.001);
        Assert.Null(_pair.AlicesBob.Sessions.Current);
        Assert.Null(_pair.BobsAlice.Sessions.Current);
        Assert.Equal(TimeSpan.MaxValue, _pair.Alice.Device.NextTimeout);
    }

    [Fact]
    public void Zeroing_of_keys_is_put_off_by_the_next_session()
    {
        _pair.Connected();
        _pair.Advance(130);
        _pair.AliceSends();
        _pair.Settle();
        Assert.Equal(1, _pair.Eavesdropper.Count(MessageType.HandshakeResponse));
        Assert.Equal(_pair.Now + TimeSpan.FromSeconds(540), _pair.AlicesBob.Timers.Deadline(PeerTimer.ZeroKeys));
        Assert.Equal(_pair.Now + TimeSpan.FromSeconds(540), _pair.BobsAlice.Timers.Deadline(PeerTimer.ZeroKeys));
    }

    [Fact]
    public void Completed_handshake_ends_retries_on_both_sides()
    {
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        _pair.Advance(17);
        Assert.Equal(3, _pair.AlicesBob.GetStatistics(_pair.Now).HandshakeAttempts);

        _pair.Eavesdropper.Filter = null;
        _pair.Advance(5.5);
        Assert.Equal(0, _pair.AlicesBob.GetStatistics(_pair.Now).HandshakeAttempts);
        Assert.False(_pair.AlicesBob.Timers.IsPending(PeerTimer.RetransmitHandshake));
        Assert.False(_pair.BobsAlice.Timers.IsPending(PeerTimer.RetransmitHandshake));
        Assert.Single(_pair.Bob.Packets);
    }

    [Fact]
    public void Steady_traffic_does_not_hide_that_nobody_answers()
    {
        _pair.Eavesdropper.Filter = _ => false;
        for (var second = 0; second < 20; second++)
        {
            _pair.AliceSends();
            _pair.Advance(1);
        }

        Assert.InRange(_pair.AlicesBob.GetStatistics(_pair.Now).HandshakeAttempts, 3, 4);
        Assert.True(_pair.AlicesBob.IsUnanswered);
    }

    [Fact]
    public void Peer_that_was_given_up_is_not_asked_any_more()
    {
        _pair.Eavesdropper.Filter = _ => false;
        _pair.AliceSends();
        _pair.Advance(120);
        Assert.Equal(19, _pair.AlicesBob.GetStatistics(_pair.Now).HandshakeAttempts);
        Assert.False(_pair.AlicesBob.IsUnanswered);
    }

    private static TimeSpan[] Gaps(TimeSpan[] times) => [.. times.Zip(times.Skip(1), (first, second) => second - first)];
}
