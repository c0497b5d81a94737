using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>IPv6 packets whose sender is told what is wrong: RFC 8200 §4.2 and §4.5, RFC 4443 §3.4.</summary>
public sealed class ParameterProblemTests
{
    private static readonly FlowKey Flow = new(
        IpAddress.From(IPAddress.Parse("fd00::1")), IpAddress.From(IPAddress.Parse("fd00::9")), 80, 40_000);

    private readonly byte[] _buffer = new byte[2048];
    private readonly IpStack _stack = new(new IpStackOptions { Addresses = [Flow.Local.ToIPAddress()], Secret = new byte[32] });
    private TimeSpan _now = TimeSpan.FromHours(1);

    // The two highest bits of an option nobody knows: skip, drop, drop and say so, the same but not to groups
    [Theory]
    [InlineData(IpProtocol.HopByHop, 0x1E, true, false)]
    [InlineData(IpProtocol.HopByHop, 0x5E, false, false)]
    [InlineData(IpProtocol.HopByHop, 0x9E, false, true)]
    [InlineData(IpProtocol.HopByHop, 0xDE, false, true)]
    [InlineData(IpProtocol.DestinationOptions, 0x1E, true, false)]
    [InlineData(IpProtocol.DestinationOptions, 0x5E, false, false)]
    [InlineData(IpProtocol.DestinationOptions, 0x9E, false, true)]
    [InlineData(IpProtocol.DestinationOptions, 0xDE, false, true)]
    public void Unknown_option_is_skipped_dropped_or_answered_as_it_says(byte header, byte option, bool skipped, bool answered)
    {
        var packet = PacketEdit.WithExtension(Echo(Flow), header, [0, 0, 1, 0, option, 2, 0, 0]);
        Assert.Equal(skipped ? PacketOutcome.Echo : PacketOutcome.Malformed, _stack.Receive(_now, packet));
        if (answered)
        {
            AssertAnswer(code: 2, pointer: 44, packet);
        }
        else
        {
            Assert.Equal(skipped, _stack.TryTransmit(_now, _buffer, out _));
        }
    }

    [Theory]
    [InlineData("ff02::1")]
    [InlineData("fd00::7")]
    public void Unknown_option_in_a_packet_to_others_is_not_answered(string destination)
    {
        var other = Flow with { Local = IpAddress.From(IPAddress.Parse(destination)) };
        _stack.Receive(_now, PacketEdit.WithExtension(Echo(other), IpProtocol.DestinationOptions, [0, 0, 0x9E, 4, 0, 0, 0, 0]));
        Assert.False(_stack.TryTransmit(_now, _buffer, out _));
    }

    [Fact]
    public void Unknown_option_in_an_error_is_not_answered()
    {
        var error = IcmpPackets.Message(Flow, IcmpType.UnreachableV6, 0, 0, Echo(Flow.Reversed));
        _stack.Receive(_now, PacketEdit.WithExtension(error, IpProtocol.DestinationOptions, [0, 0, 0x9E, 4, 0, 0, 0, 0]));
        Assert.False(_stack.TryTransmit(_now, _buffer, out _));
    }

    [Fact]
    public void Answers_are_rationed()
    {
        var packet = PacketEdit.WithExtension(Echo(Flow), IpProtocol.DestinationOptions, [0, 0, 0x9E, 4, 0, 0, 0, 0]);
        var answers = 0;
        for (var i = 0; i < 500; i++)
        {
            _stack.Receive(_now, packet);
            answers += _stack.TryTransmit(_now, _buffer, out _) ? 1 : 0;
        }

        Assert.Equal(50, answers);
    }

    [Fact]
    public void Fragment_of_a_length_that_is_no_multiple_of_eight_is_answered()
    {
        var piece = FragmentEdit.Piece(FragmentEdit.Packet(Flow.Reversed, 80), 0, 23, more: true);
        Assert.Equal(PacketOutcome.Fragment, _stack.Receive(_now, piece));
        AssertAnswer(code: 0, pointer: 4, piece);
    }

    [Fact]
    public void Fragment_that_ends_beyond_the_longest_packet_is_answered()
    {
        var piece = FragmentEdit.Piece(FragmentEdit.Packet(Flow.Reversed, 80), 0, 80, more: true);
        (piece[42], piece[43]) = (0xFF, 0xF9);
        Assert.Equal(PacketOutcome.Fragment, _stack.Receive(_now, piece));
        AssertAnswer(code: 0, pointer: 42, piece);
    }

    [Fact]
    public void First_fragment_without_all_headers_is_answered()
    {
        var packet = PacketEdit.WithExtension(FragmentEdit.Packet(Flow.Reversed, 80), IpProtocol.DestinationOptions, new byte[8]);
        var piece = FragmentEdit.Piece(packet, 0, 8, more: true);
        Assert.Equal(PacketOutcome.Fragment, _stack.Receive(_now, piece));
        AssertAnswer(code: 3, pointer: 0, piece);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public void Fragment_whose_others_never_come_is_answered_when_its_time_is_over(int version)
    {
        var flow = version == 6 ? Flow : FragmentEdit.Flow4;
        var stack = new IpStack(new IpStackOptions { Addresses = [flow.Local.ToIPAddress()], Secret = new byte[32] });
        var piece = FragmentEdit.Piece(FragmentEdit.Packet(flow.Reversed, 80), 0, 16, more: true);
        Assert.Equal(PacketOutcome.Fragment, stack.Receive(_now, piece));
        _now = stack.NextTimeout;
        stack.OnTimeout(_now);
        Assert.True(stack.TryTransmit(_now, _buffer, out var length));
        Assert.True(new PacketReader().TryReadIcmp(_buffer.AsSpan(0, length), out var message));
        Assert.Equal((version == 6 ? IcmpType.TimeExceededV6 : IcmpType.TimeExceeded, 1), (message.Type, message.Code));
        Assert.Equal(piece, message.Body.ToArray());
    }

    [Fact]
    public void Later_fragment_whose_first_never_comes_is_forgotten_in_silence()
    {
        _stack.Receive(_now, FragmentEdit.Piece(FragmentEdit.Packet(Flow.Reversed, 80), 16, 80, more: false));
        _now = _stack.NextTimeout;
        _stack.OnTimeout(_now);
        Assert.False(_stack.TryTransmit(_now, _buffer, out _));
    }

    private static byte[] Echo(FlowKey flow) => IcmpPackets.Echo(flow, 1, 2, [3, 4]);

    private void AssertAnswer(byte code, uint pointer, byte[] about)
    {
        Assert.True(_stack.TryTransmit(_now, _buffer, out var length));
        Assert.True(new PacketReader().TryReadIcmp(_buffer.AsSpan(0, length), out var message));
        Assert.Equal((Flow.Local, Flow.Remote), (message.Source, message.Destination));
        Assert.Equal((IcmpType.ParameterProblemV6, code, pointer), (message.Type, message.Code, message.Rest));
        Assert.Equal(about, message.Body.ToArray());
    }
}
