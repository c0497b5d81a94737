using System.Net;

namespace Onetun.WireGuard.Tests;

/// <summary>mac1, mac2 and cookies, sender against receiver.</summary>
public sealed class CookieTests : IDisposable
{
    private static readonly UdpEndPoint Source = UdpEndPoint.From(IPEndPoint.Parse("192.168.13.37:4000"));

    private readonly TestEnvironment _environment = new(1);
    private readonly PublicKey _receiver;
    private readonly CookieGenerator _generator;
    private readonly CookieChecker _checker;
    private TimeSpan _now = TimeSpan.FromHours(1);

    public CookieTests()
    {
        using var key = PrivateKey.Generate();
        _receiver = key.PublicKey;
        _generator = new CookieGenerator(_receiver);
        _checker = new CookieChecker(_receiver);
    }

    public void Dispose() => _checker.Dispose();

    [Theory]
    [InlineData(HandshakeInitiation.Size, 1)]
    [InlineData(HandshakeInitiation.Size, 2)]
    [InlineData(HandshakeResponse.Size, 3)]
    [InlineData(HandshakeResponse.Size, 4)]
    public void Macs_are_as_wireguard_go_tests_them(int size, int seed)
    {
        var message = Message(size, seed);
        Assert.True(_checker.HasValidMac1(message));
        Assert.False(_checker.HasValidMac2(_now, message, Source));

        Assert.True(_generator.TryConsume(_now, new CookieReply(Reply(message))));
        message = Message(size, seed + 100);
        Assert.True(_checker.HasValidMac1(message));
        Assert.True(_checker.HasValidMac2(_now, message, Source));

        Assert.False(_checker.HasValidMac2(_now, message, Source with { Port = 4001 }));
        Assert.False(_checker.HasValidMac2(_now, message, Source with { Address = Source.Address + 1 }));
        message[5] ^= 0x20;
        Assert.False(_checker.HasValidMac1(message));
        Assert.False(_checker.HasValidMac2(_now, message, Source));
    }

    [Fact]
    public void Mac1_is_made_with_the_receivers_key()
    {
        using var other = PrivateKey.Generate();
        using var checker = new CookieChecker(other.PublicKey);
        Assert.False(checker.HasValidMac1(Message(HandshakeInitiation.Size, 1)));
    }

    [Fact]
    public void Mac2_is_zero_without_a_cookie()
    {
        var message = Message(HandshakeInitiation.Size, 1);
        Assert.Equal(-1, new HandshakeMacs(message).Mac2.IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Cookie_is_used_for_115_seconds()
    {
        Assert.True(_generator.TryConsume(_now, new CookieReply(Reply(Message(HandshakeInitiation.Size, 1)))));
        _now += TimeSpan.FromSeconds(114.999);
        Assert.True(_checker.HasValidMac2(_now, Message(HandshakeInitiation.Size, 2), Source));
        _now += TimeSpan.FromSeconds(0.001);
        var message = Message(HandshakeInitiation.Size, 3);
        Assert.Equal(-1, new HandshakeMacs(message).Mac2.IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Secret_is_used_for_120_seconds_and_then_made_anew()
    {
        Assert.True(_generator.TryConsume(_now, new CookieReply(Reply(Message(HandshakeInitiation.Size, 1)))));
        var message = Message(HandshakeInitiation.Size, 2);
        _now += TimeSpan.FromSeconds(119.999);
        Assert.True(_checker.HasValidMac2(_now, message, Source));
        _now += TimeSpan.FromSeconds(0.001);
        Assert.False(_checker.HasValidMac2(_now, message, Source));
        Reply(message);
        Assert.False(_checker.HasValidMac2(_now, message, Source));
    }

    [Fact]
    public void Reply_answers_only_the_last_message_and_only_once()
    {
        var first = Reply(Message(HandshakeInitiation.Size, 1));
        var second = Reply(Message(HandshakeInitiation.Size, 2));
        Assert.False(_generator.TryConsume(_now, new CookieReply(first)));
        Assert.True(_generator.TryConsume(_now, new CookieReply(second)));
        Assert.False(_generator.TryConsume(_now, new CookieReply(second)));
    }

    [Fact]
    public void Reply_before_anything_was_sent_is_refused()
    {
        var reply = Reply(Message(HandshakeInitiation.Size, 1));
        Assert.False(new CookieGenerator(_receiver).TryConsume(_now, new CookieReply(reply)));
    }

    [Fact]
    public void Forged_reply_is_refused_and_the_real_one_accepted_after_it()
    {
        var reply = Reply(Message(HandshakeInitiation.Size, 1));
        for (var i = 8; i < CookieReply.Size; i++)
        {
            reply[i] ^= 1;
            Assert.False(_generator.TryConsume(_now, new CookieReply(reply)));
            reply[i] ^= 1;
        }

        Assert.True(_generator.TryConsume(_now, new CookieReply(reply)));
    }

    private byte[] Message(int size, int seed)
    {
        var message = new byte[size];
        new Random(seed).NextBytes(message);
        _generator.AddMacs(_now, message);
        return message;
    }

    private byte[] Reply(byte[] message)
    {
        var reply = new byte[CookieReply.Size];
        _checker.WriteReply(_now, _environment, message, Source, new CookieReply(reply));
        Assert.Equal(BitConverter.ToUInt32(message, 4), new CookieReply(reply).Receiver);
        return reply;
    }
}
