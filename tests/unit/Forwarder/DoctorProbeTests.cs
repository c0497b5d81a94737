using System.Net;
using CsCheck;
using Onetun.Forwarder.Doctor;
using Onetun.NetStack;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class DoctorProbeTests
{
    private static readonly SynProbe Syn = new(IPEndPoint.Parse("192.168.4.3:50000"), IPEndPoint.Parse("192.168.4.2:80"), 7);

    private static readonly SynProbe SynV6 = new(IPEndPoint.Parse("[fd00::3]:50000"), IPEndPoint.Parse("[fd00::2]:80"), 7);

    private static readonly EchoProbe Echo = new(DoctorPeer.OurV4, DoctorPeer.V4, 5, 84);

    [Theory]
    [InlineData(nameof(IcmpErrorKind.PortUnreachable), nameof(ProbeResult.Refused))]
    [InlineData(nameof(IcmpErrorKind.HostUnreachable), nameof(ProbeResult.Unreachable))]
    [InlineData(nameof(IcmpErrorKind.NetworkUnreachable), nameof(ProbeResult.Unreachable))]
    [InlineData(nameof(IcmpErrorKind.AdministrativelyProhibited), nameof(ProbeResult.Unreachable))]
    public void An_ICMP_error_about_the_probe_is_its_answer(string kind, string result)
    {
        foreach (var probe in new Probe[] { Syn, SynV6, Echo })
        {
            Assert.True(probe.TryRead(ErrorAbout(probe, Enum.Parse<IcmpErrorKind>(kind)), out var read, out _));
            Assert.Equal(Enum.Parse<ProbeResult>(result), read);
        }
    }

    [Fact]
    public void An_ICMP_error_about_something_else_is_none()
    {
        var other = new SynProbe(IPEndPoint.Parse("192.168.4.3:50001"), IPEndPoint.Parse("192.168.4.2:80"), 7);
        Assert.False(Syn.TryRead(ErrorAbout(other, IcmpErrorKind.HostUnreachable), out _, out _));
        Assert.False(Syn.TryRead(ErrorAbout(Echo, IcmpErrorKind.HostUnreachable), out _, out _));
    }

    // RFC 9293 §3.10.7.3: what acknowledges something else than our SYN is not for it
    [Theory]
    [InlineData(8u, true)]
    [InlineData(7u, false)]
    [InlineData(9u, false)]
    public void A_SYN_ACK_answers_only_what_it_acknowledges(uint acknowledgment, bool answers)
    {
        var packet = ProbePacket.Segment(IPEndPoint.Parse("192.168.4.2:80"), IPEndPoint.Parse("192.168.4.3:50000"), 99, flags: 0x12);
        packet[31] = (byte)acknowledgment;
        Assert.Equal(answers, Syn.TryRead(packet, out _, out _));
    }

    [Fact]
    public void No_answer_that_is_cut_short_or_garbled_breaks_a_probe()
    {
        foreach (var probe in new Probe[] { Syn, SynV6, Echo })
        {
            var error = ErrorAbout(probe, IcmpErrorKind.HostUnreachable);
            for (var length = 0; length < error.Length; length++)
            {
                probe.TryRead(error.AsSpan(0, length), out _, out _);
            }

            Gen.Select(Gen.Int[0, error.Length - 1], Gen.Byte).Sample((at, value) =>
            {
                var garbled = error.ToArray();
                garbled[at] = value;
                probe.TryRead(garbled, out _, out _);
            });
        }
    }

    private static byte[] ErrorAbout(Probe probe, IcmpErrorKind kind)
    {
        var packet = new byte[1280];
        return packet[..IcmpWriter.WriteUnreachable(packet, probe.Packet, kind)];
    }
}
