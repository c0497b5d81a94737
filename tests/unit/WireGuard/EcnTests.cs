using System.Buffers.Binary;
using System.Net;

namespace Onetun.WireGuard.Tests;

/// <summary>What the inner and the outer IP header tell each other of congestion (RFC 6040).</summary>
public sealed class EcnTests : IDisposable
{
    private readonly PeerPair _pair = Pair().Connected();

    public void Dispose() => _pair.Dispose();

    /// <summary>RFC 6040 §4.2, figure 4, line by line; nothing is expected of what is dropped.</summary>
    public static IEnumerable<TheoryDataRow<EcnField, EcnField, EcnField?, bool>> Figure4 =>
        from cell in new (EcnField Inner, EcnField Outer, EcnField? Expected)[]
        {
            (EcnField.NotEct, EcnField.NotEct, EcnField.NotEct),
            (EcnField.NotEct, EcnField.Ect0, EcnField.NotEct),
            (EcnField.NotEct, EcnField.Ect1, EcnField.NotEct),
            (EcnField.NotEct, EcnField.Ce, null),
            (EcnField.Ect0, EcnField.NotEct, EcnField.Ect0),
            (EcnField.Ect0, EcnField.Ect0, EcnField.Ect0),
            (EcnField.Ect0, EcnField.Ect1, EcnField.Ect1),
            (EcnField.Ect0, EcnField.Ce, EcnField.Ce),
            (EcnField.Ect1, EcnField.NotEct, EcnField.Ect1),
            (EcnField.Ect1, EcnField.Ect0, EcnField.Ect1),
            (EcnField.Ect1, EcnField.Ect1, EcnField.Ect1),
            (EcnField.Ect1, EcnField.Ce, EcnField.Ce),
            (EcnField.Ce, EcnField.NotEct, EcnField.Ce),
            (EcnField.Ce, EcnField.Ect0, EcnField.Ce),
            (EcnField.Ce, EcnField.Ect1, EcnField.Ce),
            (EcnField.Ce, EcnField.Ce, EcnField.Ce),
        }
        from ipv6 in new[] { false, true }
        select new TheoryDataRow<EcnField, EcnField, EcnField?, bool>(cell.Inner, cell.Outer, cell.Expected, ipv6);

    [Theory, MemberData(nameof(Figure4))]
    public void Mark_of_the_outer_header_goes_into_the_inner_packet_or_the_packet_is_dropped(
        EcnField inner, EcnField outer, EcnField? expected, bool ipv6)
    {
        _pair.Eavesdropper.Inject(Seal(Packet(ipv6, inner)) with { Ecn = outer }, _pair.Now);
        _pair.Settle();

        var received = _pair.Eavesdropper.Results[^1];
        Assert.Equal(_pair.BobsAlice, received.Peer);
        Assert.Equal(expected is null ? DatagramOutcome.Congested : DatagramOutcome.Packet, received.Outcome);
        Assert.Equal(expected is null ? 1L : 0L, _pair.Bob.Device.Count(DatagramOutcome.Congested));
        Assert.Equal(expected is null ? [] : [Packet(ipv6, expected.Value)], _pair.Bob.Packets);
    }

    [Fact]
    public void Checksum_of_every_header_that_is_marked_stays_what_it_would_be()
    {
        var packet = Packet(ipv6: false, EcnField.Ect0);
        foreach (var outer in new[] { EcnField.Ect1, EcnField.Ce })
        {
            for (var identification = 0; identification <= ushort.MaxValue; identification++)
            {
                var marked = WithIdentification(packet, identification);
                Assert.True(InnerEcn.TryCombine(marked, outer));
                Assert.True(marked.AsSpan().SequenceEqual(WithIdentification(With(packet, outer), identification)));
            }
        }
    }

    [Fact]
    public void Header_that_was_damaged_within_is_not_mended()
    {
        var packet = Packet(ipv6: false, EcnField.Ect0);
        packet[10] ^= 1;
        Assert.True(InnerEcn.TryCombine(packet, EcnField.Ce));
        Assert.NotEqual(ushort.MaxValue, Sum(packet));
    }

    [Theory, MemberData(nameof(Fields))]
    public void Datagram_leaves_with_the_field_of_its_packet(EcnField field, bool ipv6)
    {
        Assert.Equal(SendOutcome.Sealed, _pair.Alice.Send(_pair.Now, Packet(ipv6, field), _pair.Eavesdropper));
        Assert.Equal(field, Assert.Single(_pair.Eavesdropper.Log).Ecn);
    }

    [Theory, MemberData(nameof(Fields))]
    public void Datagram_whose_packet_waited_for_the_handshake_leaves_with_its_field(EcnField field, bool ipv6)
    {
        using var pair = Pair();
        Assert.Equal(SendOutcome.Staged, pair.Alice.Send(pair.Now, Packet(ipv6, field), pair.Eavesdropper));
        pair.Settle();
        Assert.Equal(
            [
                (MessageType.HandshakeInitiation, EcnField.NotEct), (MessageType.HandshakeResponse, EcnField.NotEct),
                (MessageType.Transport, field),
            ],
            pair.Eavesdropper.Log.Select(datagram => (datagram.Type, datagram.Ecn)));
    }

    [Fact]
    public void Handshakes_and_keepalives_leave_as_not_ect()
    {
        using var pair = new PeerPair();
        pair.Alice.Device.SendKeepalive(pair.Now, pair.AlicesBob);
        pair.Settle();
        pair.Alice.Send(pair.Now, With(Ip(ipv6: false), EcnField.Ect0), pair.Eavesdropper);
        pair.Advance(60);
        Assert.Equal(1, pair.Eavesdropper.Count(MessageType.HandshakeInitiation));
        Assert.Equal(1, pair.Eavesdropper.Count(MessageType.HandshakeResponse));
        Assert.Equal(2, pair.Eavesdropper.Log.Count(datagram => datagram.IsKeepalive));
        Assert.All(pair.Eavesdropper.Log, datagram => Assert.Equal(
            datagram.Type == MessageType.Transport && !datagram.IsKeepalive ? EcnField.Ect0 : EcnField.NotEct, datagram.Ecn));
    }

    [Fact]
    public void Handshake_and_keepalive_that_are_marked_on_their_way_count_all_the_same()
    {
        using var pair = new PeerPair();
        var marking = new Eavesdropper(pair.Alice, pair.Bob);
        pair.Alice.Device.SendKeepalive(pair.Now, pair.AlicesBob);
        for (var i = 0; i < 3; i++)
        {
            pair.Alice.Transmit(pair.Now, pair.Eavesdropper);
            pair.Bob.Transmit(pair.Now, pair.Eavesdropper);
            marking.Inject(pair.Eavesdropper.Log[^1] with { Ecn = EcnField.Ce }, pair.Now);
            marking.Deliver(pair.Now);
        }

        Assert.Equal(
            [DatagramOutcome.HandshakeInitiation, DatagramOutcome.HandshakeResponse, DatagramOutcome.Keepalive],
            marking.Results.Select(received => received.Outcome));
    }

    [Fact]
    public void Packet_that_is_dropped_for_another_reason_is_dropped_for_that_marked_or_not()
    {
        var stranger = With(Packets.Ip("10.0.0.9", PeerPair.BobAddress), EcnField.NotEct);
        var forged = Seal(Packet(ipv6: false, EcnField.NotEct));
        forged.Bytes[^1] ^= 1;
        Datagram[] datagrams = [Seal(stranger), Seal([0x45, 3]), Seal([0]), forged];
        foreach (var datagram in datagrams)
        {
            _pair.Eavesdropper.Inject(datagram with { Ecn = EcnField.Ce }, _pair.Now);
        }

        _pair.Settle();
        Assert.Equal(
            [
                DatagramOutcome.SourceNotAllowed, DatagramOutcome.MalformedInnerPacket, DatagramOutcome.MalformedInnerPacket,
                DatagramOutcome.InvalidPacket,
            ],
            _pair.Eavesdropper.Results[^4..].Select(received => received.Outcome));
        Assert.Equal(0L, _pair.Bob.Device.Count(DatagramOutcome.Congested));
    }

    public static IEnumerable<TheoryDataRow<EcnField, bool>> Fields =>
        from ecn in Enum.GetValues<EcnField>()
        from ipv6 in new[] { false, true }
        select new TheoryDataRow<EcnField, bool>(ecn, ipv6);

    private static PeerPair Pair()
    {
        var pair = new PeerPair();
        pair.Alice.Device.AddAllowedIP(pair.AlicesBob, IPNetwork.Parse("fd00::2/128"));
        pair.Bob.Device.AddAllowedIP(pair.BobsAlice, IPNetwork.Parse("fd00::1/128"));
        return pair;
    }

    /// <summary>From Alice to Bob, with a valid header and a DSCP and a flow label that are nobody's business here.</summary>
    private static byte[] Packet(bool ipv6, EcnField field) => With(Ip(ipv6), field);

    private static byte[] Ip(bool ipv6)
    {
        var packet = ipv6 ? Packets.Ip("fd00::1", "fd00::2") : Packets.Ip(PeerPair.AliceAddress, PeerPair.BobAddress);
        packet[0] |= (byte)(ipv6 ? 0xB : 0);
        packet[1] = 0xB8;
        return packet;
    }

    private static byte[] With(byte[] packet, EcnField field)
    {
        byte[] copy = [.. packet];
        var ipv6 = copy[0] >> 4 == 6;
        copy[1] = (byte)(ipv6 ? (copy[1] & 0xCF) | ((int)field << 4) : (copy[1] & 0xFC) | (int)field);
        return ipv6 ? copy : WithChecksum(copy);
    }

    private static byte[] WithIdentification(byte[] packet, int identification)
    {
        byte[] copy = [.. packet];
        BinaryPrimitives.WriteUInt16BigEndian(copy.AsSpan(4), (ushort)identification);
        return WithChecksum(copy);
    }

    private static byte[] WithChecksum(byte[] packet)
    {
        packet.AsSpan(10, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), (ushort)~Sum(packet));
        return packet;
    }

    /// <summary>Of an IPv4 header of 20 bytes, in ones' complement (RFC 1071): all ones if its checksum is right.</summary>
    private static ushort Sum(ReadOnlySpan<byte> packet)
    {
        uint sum = 0;
        for (var i = 0; i < 20; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(packet[i..]);
        }

        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)(sum + (sum >> 16));
    }

    /// <summary>Any payload, sealed by Alice for Bob.</summary>
    private Datagram Seal(byte[] payload)
    {
        var slot = new byte[payload.Length + Device.Overhead];
        payload.CopyTo(slot, Device.HeaderLength);
        _pair.AlicesBob.Sessions.Current!.Seal(slot, payload.Length);
        return new Datagram(_pair.Now, _pair.Alice.EndPoint, _pair.Bob.EndPoint, slot);
    }
}
