namespace Onetun.NetStack.Tests;

/// <summary>What SYNs agree on, and what follows for each segment; on the wire it is in <see cref="EcnNegotiationTests"/>.</summary>
public sealed class EcnAgreementTests
{
    private const TcpFlags Setup = TcpFlags.Syn | TcpFlags.Ece | TcpFlags.Cwr;
    private const TcpFlags SetupAck = TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Ece;

    [Theory]
    [InlineData(true, Setup, true)]
    [InlineData(true, SetupAck, true)]
    [InlineData(true, TcpFlags.Syn, false)]
    [InlineData(true, TcpFlags.Syn | TcpFlags.Ack, false)]
    [InlineData(true, Setup | TcpFlags.Ack, false)] // An echo of what it does not know
    [InlineData(false, Setup, false)]
    internal void Both_want_it_or_it_is_not_used(bool ours, TcpFlags theirs, bool used)
    {
        var ecn = new Ecn(ours, respondsToMarks: true);
        ecn.OnSyn(new TcpSegment { Flags = theirs });
        Assert.Equal(used, ecn.EchoesMarks);
        Assert.Equal(used ? EcnField.Ect0 : EcnField.NotEct, ecn.FieldOf(New));
    }

    [Fact]
    public void Offer_that_is_not_answered_is_not_repeated()
    {
        var ecn = new Ecn(offered: true, respondsToMarks: true);
        Assert.Equal(TcpFlags.Ece | TcpFlags.Cwr, ecn.OfferInSyn(passive: false, repeated: false));
        Assert.Equal(TcpFlags.None, ecn.OfferInSyn(passive: false, repeated: true));
        ecn.OnSyn(new TcpSegment { Flags = SetupAck });
        Assert.True(ecn.EchoesMarks);
        Assert.Equal(EcnField.NotEct, ecn.FieldOf(New));
    }

    [Fact]
    public void Syn_retransmitted_without_it_withdraws_it()
    {
        var ecn = Agreed(respondsToMarks: true);
        ecn.OnRepeatedSyn(new TcpSegment { Flags = TcpFlags.Syn });
        Assert.Equal(TcpFlags.None, ecn.OfferInSyn(passive: true, repeated: true));
        Assert.Equal(EcnField.NotEct, ecn.FieldOf(New));
    }

    [Fact]
    public void Only_new_data_is_ecn_capable()
    {
        var ecn = Agreed(respondsToMarks: true);
        Assert.Equal(EcnField.Ect0, ecn.FieldOf(New));
        Assert.Equal(EcnField.NotEct, ecn.FieldOf(New with { Ordinal = 0 }));
        Assert.Equal(EcnField.NotEct, ecn.FieldOf(New with { Length = 0, Fin = true }));
    }

    [Theory]
    [InlineData(true, TcpFlags.Ack | TcpFlags.Ece, true)]
    [InlineData(true, TcpFlags.Ack, false)]
    [InlineData(true, SetupAck, false)]
    [InlineData(false, TcpFlags.Ack | TcpFlags.Ece, false)]
    internal void Mark_is_told_by_ECE_to_who_heeds_it(bool heeds, TcpFlags flags, bool told) =>
        Assert.Equal(told, Agreed(heeds).IsEcnEcho(new TcpSegment { Flags = flags }));

    [Fact]
    public void Congestion_control_that_ignores_marks_sends_no_ect_and_echoes_the_peers_marks()
    {
        var ecn = Agreed(respondsToMarks: false);
        Assert.Equal(EcnField.NotEct, ecn.FieldOf(New));
        Assert.True(ecn.EchoesMarks);
    }

    private static Transmission New => new(Position: 1, Length: 1000, Fin: false, Ordinal: -1);

    private static Ecn Agreed(bool respondsToMarks)
    {
        var ecn = new Ecn(offered: true, respondsToMarks);
        ecn.OnSyn(new TcpSegment { Flags = Setup });
        return ecn;
    }
}
