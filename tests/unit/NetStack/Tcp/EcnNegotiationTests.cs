namespace Onetun.NetStack.Tests;

/// <summary>Who offers explicit congestion notification, and who accepts it: RFC 3168 §6.1.1.</summary>
public sealed class EcnNegotiationTests
{
    [Fact]
    public void Without_the_option_a_syn_does_not_offer_it() => new TcpScript().Run("""
        0     connect
              > SYN 0
        0.1   < SYN+ACK+ECE 0 ack 1 mss 1000
              > ACK 1 ack 1
              write 1000
              > ACK 1..1001
        0.2   < ACK+ECE 1 ack 1001
              window 10000
              < ACK 1..501 ack 1001 ce
        +0.04 > ACK 1001 ack 501
        """);

    [Theory]
    [InlineData("SYN+ACK+ECE", "ect0")]
    [InlineData("SYN+ACK", "")]
    [InlineData("SYN+ACK+CWR", "")]
    [InlineData("SYN+ACK+ECE+CWR", "")] // A host that echoes what it does not know
    public void Active_open_offers_it_and_only_one_answer_accepts_it(string answer, string ecn) =>
        new TcpScript(EcnTests.Ecn).Run($"""
        0     connect
              > SYN+ECE+CWR 0
        0.1   < {answer} 0 ack 1 mss 1000
              > ACK 1 ack 1
              write 1000
              > ACK 1..1001 {ecn}
        """);

    [Theory]
    [InlineData("SYN+ECE+CWR", "SYN+ACK+ECE", "ect0")]
    [InlineData("SYN", "SYN+ACK", "")]
    [InlineData("SYN+ECE", "SYN+ACK", "")]
    [InlineData("SYN+CWR", "SYN+ACK", "")]
    public void Passive_open_accepts_only_an_offer(string syn, string answer, string ecn) => new TcpScript(EcnTests.Ecn).Run($"""
        0     listen
              < {syn} 0 mss 1000
              > {answer} 0 ack 1
        0.1   < ACK 1 ack 1
              write 1000
              > ACK 1..1001 {ecn}
        """);

    [Fact]
    public void Without_the_option_an_offer_is_declined() => new TcpScript().Run("""
        0     listen
              < SYN+ECE+CWR 0 mss 1000
              > SYN+ACK 0 ack 1
        0.1   < ACK 1 ack 1
              write 1000
              > ACK 1..1001
        """);

    [Fact]
    public void Retransmitted_syn_does_not_offer_it() => new TcpScript(EcnTests.Ecn).Run("""
        0     connect
              > SYN+ECE+CWR 0
        1     > SYN 0
        3     > SYN 0
        3.1   < SYN+ACK 0 ack 1 mss 1000
              > ACK 1 ack 1
              write 1000
              > ACK 1..1001
        """);

    // §6.1.1: no ECT from who has sent a SYN without; but the peer never saw that, and may send some
    [Fact]
    public void Late_answer_to_an_offer_that_was_withdrawn_binds_the_receiver_alone() => new TcpScript(EcnTests.Ecn).Run("""
        0     connect
              > SYN+ECE+CWR 0
        1     > SYN 0
        1.1   < SYN+ACK+ECE 0 ack 1 mss 1000
              > ACK 1 ack 1
              write 1000
              > ACK 1..1001
        1.2   < ACK 1..501 ack 1001 ce
              > ACK+ECE 1001 ack 501
        """);

    [Fact]
    public void Retransmitted_syn_ack_still_accepts() => new TcpScript(EcnTests.Ecn).Run("""
        0     listen
              < SYN+ECE+CWR 0 mss 1000
              > SYN+ACK+ECE 0 ack 1
        1     > SYN+ACK+ECE 0 ack 1
        1.1   < ACK 1 ack 1
              write 1000
              > ACK 1..1001 ect0
        """);

    [Fact]
    public void Syn_retransmitted_without_the_offer_is_answered_without_it() => new TcpScript(EcnTests.Ecn).Run("""
        0     listen
              < SYN+ECE+CWR 0 mss 1000
              > SYN+ACK+ECE 0 ack 1
        0.9   < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        1     < ACK 1 ack 1
              write 1000
              > ACK 1..1001
        """);

    [Fact]
    public void Syns_that_cross_agree() => new TcpScript(EcnTests.Ecn).Run("""
        0     connect
              > SYN+ECE+CWR 0
        0.1   < SYN+ECE+CWR 0 mss 1000
              > SYN+ACK+ECE 0 ack 1
        0.2   < SYN+ACK+ECE 0 ack 1 mss 1000
              state Established
              write 1000
              > ACK 1..1001 ect0
        """);
}
