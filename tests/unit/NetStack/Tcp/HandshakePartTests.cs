namespace Onetun.NetStack.Tests;

/// <summary>The state of a handshake, by itself; on the wire it is in <see cref="HandshakeTests"/> and <see cref="SegmentSizeTests"/>.</summary>
public sealed class HandshakePartTests
{
    private const int PathSize = 1380;

    private static readonly TimeSpan Start = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TcpOptions All = new();

    private Handshake _handshake = new(All, PathSize);

    [Fact]
    public void First_syn_is_due_at_once_and_the_next_when_it_timed_out()
    {
        Assert.True(_handshake.IsSynDue);
        _handshake.OnSynSent(Start);
        Assert.False(_handshake.IsSynDue);
        _handshake.OnTimeout();
        Assert.True(_handshake.IsSynDue);
    }

    [Fact]
    public void Syn_sent_once_measures_the_round_trip()
    {
        _handshake.OnSynSent(Start);
        Assert.Equal(Second, _handshake.RoundTrip(Start + Second));
    }

    [Fact]
    public void Syn_sent_twice_measures_nothing()
    {
        _handshake.OnSynSent(Start);
        _handshake.OnTimeout();
        _handshake.OnSynSent(Start + Second);
        Assert.Null(_handshake.RoundTrip(Start + (2 * Second)));
    }

    [Fact]
    public void Cookie_stands_for_a_syn_of_unknown_age()
    {
        _handshake.OnCookie();
        Assert.False(_handshake.IsSynDue);
        Assert.Null(_handshake.RoundTrip(Start));
    }

    [Theory]
    [InlineData(true, 7, true, 128)]
    [InlineData(true, 0, true, 1)]
    [InlineData(true, -1, false, 1)]
    [InlineData(false, 7, false, 1)]
    public void Windows_are_scaled_both_ways_or_neither(bool ours, int theirs, bool scaled, int unit)
    {
        var handshake = new Handshake(All with { WindowScaling = ours }, PathSize);
        handshake.OnSyn(Said(mss: 0, theirs, sackPermitted: false), defaultMss: 536);
        Assert.Equal((scaled, unit), (handshake.ScalesWindows, handshake.WindowUnit));
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void Selective_acknowledgments_take_two(bool ours, bool theirs, bool permitted)
    {
        var handshake = new Handshake(All with { SelectiveAcknowledgments = ours }, PathSize);
        handshake.OnSyn(Said(mss: 0, scale: -1, theirs), defaultMss: 536);
        Assert.Equal(permitted, handshake.SackPermitted);
    }

    [Theory]
    [InlineData(1000, 1000)]
    [InlineData(9000, PathSize)]
    [InlineData(47, 48)]
    [InlineData(0, 536)] // Nothing was said
    public void Segments_are_what_the_peer_takes_and_the_path(ushort mss, int size)
    {
        _handshake.OnSyn(Said(mss, scale: -1, sackPermitted: false), defaultMss: 536);
        Assert.Equal(size, _handshake.SegmentSize);
    }

    private static TcpHeaderOptions Said(ushort mss, int scale, bool sackPermitted)
    {
        Span<byte> bytes = stackalloc byte[TcpOptionWriter.MaxLength];
        var length = TcpOptionWriter.WriteSyn(bytes, mss, scale, sackPermitted, timestamps: false, 0, 0);
        Assert.True(TcpHeaderOptions.TryRead(bytes[..length], syn: true, out var options));
        return options;
    }
}
