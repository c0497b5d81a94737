using System.Net;

namespace Onetun.WireGuard.Tests;

/// <summary>A session of the Linux kernel with all its private keys: what it sent, we send, byte for byte.</summary>
public sealed class CaptureTests
{
    private const string InitiatorStatic = "00a799687c01c6388a2c59e4636ba7bc474e4ed83800bf8cf5d4177e8a455459";
    private const string ResponderStatic = "7052314d4c81b35422978d78841c0482f6ac11ac7c08a279212e59a2e829956b";
    private const string InitiatorEphemeral = "b0b18b2523907f2cfb24d279643cc57f7533d6b92208c3236d67ab35870f1455";
    private const string ResponderEphemeral = "402e3f1592a115fd1bfde5c470279c99936de95e8f5e645ae04586d4f2184d4e";
    private const string InitiatorIndex = "d837d030";
    private const string ResponderIndex = "06f47dab";
    private const string Initiation =
        "01000000d837d0305fcec7c8e5c8e2e3f7989eef60c228d82329d602b6b1e2bb9d068f89cf9d4d4532780f6d27264f7b98701fdc27a4ec00"
        + "aeb6becdbef2332f1b4084cadb93823935c012ae255e7b25eff13940c321fa6bd66a2a87b061db1430173e937f569349de2856dc5f261676"
        + "3eeeafc0533b01dd965e7ec76976e28f683d671200000000000000000000000000000000";

    private const string Response =
        "0200000006f47dabd837d030b18d5550bd4042a37a46823ac08db1ec66839bc0ca2d64bc15cd80232b66232faec24af8918de1060ff5c98e"
        + "865d5f35f272214c5260110dc4c61e32cdd8542100000000000000000000000000000000";

    private const string ToResponder =
        "0400000006f47dab0000000000000000a4ebc12ee3f990da18033a0789c04e2700f6f5c271d42ac4b4d6262e666549b445a7436e829bffb6"
        + "ac65f05648bc0c391fe7c5884874376127164940188f03dba67af8388eaab76c593628bf9dc7be03346d912e916dad862545454701364f2d"
        + "2486d7ced4c8642ce547ddb26ef6a46b";

    private const string ToResponderPlaintext =
        "45000054e54640004001414c0a0a00020a0a00010800f95c6c0000006fad22f5000000000000000000000000000000000000000000000000"
        + "00000000000000000000000000000000000000000000000000000000000000000000000000000000";

    private const string ToInitiator =
        "04000000d837d03000000000000000006f4f080e9f52691bbe948535f79c13ed68f09145d523eedb087265f968082f70735729263eda627c"
        + "7683cdc0b80a3356d9536c9f0e2872797b5c81720ba0b8ea7233c6debf9f0fbee8f10ec18985b824bf350f8b8180d08a64e6be9810089ac3"
        + "d1363ed5e129ca1e0425cf7e94965659";

    private const string ToInitiatorPlaintext =
        "45000054a11d00004001c5750a0a00010a0a00020000015d6c0000006fad22f5000000000000000000000000000000000000000000000000"
        + "00000000000000000000000000000000000000000000000000000000000000000000000000000000";

    private static readonly UdpEndPoint Source = UdpEndPoint.From(IPEndPoint.Parse("192.0.2.1:1111"));

    [Fact]
    public void Initiator_builds_the_captured_initiation_and_opens_the_captured_response_and_data()
    {
        using var initiatorKey = new PrivateKey(Convert.FromHexString(InitiatorStatic));
        using var responderKey = new PrivateKey(Convert.FromHexString(ResponderStatic));
        using var local = new LocalIdentity(initiatorKey);
        var environment = new TestEnvironment(1);
        var device = new DeviceState(new DeviceOptions { PrivateKey = initiatorKey }, environment, new Random(1));
        var peer = new Peer(device, responderKey.PublicKey);
        var initiator = new Initiator();
        var staticShared = new byte[32];
        var responderPublic = new byte[32];
        var message = new byte[HandshakeInitiation.Size];
        responderKey.PublicKey.CopyTo(responderPublic);
        Assert.True(local.TryAgree(responderPublic, staticShared));

        // Not through a device: that kernel whitened the time less than is usual now.
        environment.FillNext(Convert.FromHexString(InitiatorEphemeral));
        var hasBegun = initiator.TryBegin(
            local,
            responderKey.PublicKey,
            staticShared,
            Tai64n.Read(Convert.FromHexString("400000005b52647b15405610")),
            BitConverter.ToUInt32(Convert.FromHexString(InitiatorIndex)),
            environment,
            new HandshakeInitiation(message));
        new CookieGenerator(responderKey.PublicKey).AddMacs(TimeSpan.Zero, message);

        Assert.True(hasBegun);
        Assert.Equal(Initiation, Convert.ToHexStringLower(message));

        var keys = new byte[Session.KeysSize];
        var response = Convert.FromHexString(Response);
        Assert.True(initiator.TryFinish(local, new byte[32], new HandshakeResponse(response), keys));
        var remoteIndex = new HandshakeResponse(response).Sender;
        using var session = new Session(peer, device.Keys, keys, initiator.LocalIndex, remoteIndex, isInitiator: true, TimeSpan.Zero);
        AssertSeals(session, ToResponderPlaintext, ToResponder);
        AssertOpens(session, ToInitiator, ToInitiatorPlaintext);
    }

    [Fact]
    public void Responder_answers_the_captured_initiation_with_the_captured_response_and_opens_the_captured_data()
    {
        using var initiatorKey = new PrivateKey(Convert.FromHexString(InitiatorStatic));
        using var responderKey = new PrivateKey(Convert.FromHexString(ResponderStatic));
        var environment = new TestEnvironment(2);
        using var responder = new Device(new DeviceOptions { PrivateKey = responderKey }, environment);
        responder.AddPeer(TimeSpan.Zero, new PeerOptions
        {
            PublicKey = initiatorKey.PublicKey,
            AllowedIPs = [IPNetwork.Parse("10.10.0.2/32")],
        });
        environment.FillNext(Convert.FromHexString(ResponderIndex), Convert.FromHexString(ResponderEphemeral));

        var buffer = new byte[1500];
        var initiation = responder.Receive(TimeSpan.Zero, Convert.FromHexString(Initiation), Source);
        Assert.Equal(DatagramOutcome.HandshakeInitiation, initiation.Outcome);
        Assert.True(responder.TryTransmit(TimeSpan.Zero, buffer, out var length, out var destination, out _));
        Assert.Equal(Response, Convert.ToHexStringLower(buffer.AsSpan(0, length)));
        Assert.Equal(Source, destination);

        var data = Convert.FromHexString(ToResponder);
        var received = responder.Receive(TimeSpan.Zero, data, Source);
        Assert.Equal(DatagramOutcome.Packet, received.Outcome);
        Assert.Equal(
            ToResponderPlaintext[..(2 * received.Length)],
            Convert.ToHexStringLower(data.AsSpan(received.Offset, received.Length)));

        var slot = new byte[1500];
        var packet = Convert.FromHexString(ToInitiatorPlaintext)[..84];
        packet.CopyTo(slot, Device.HeaderLength);
        var sent = responder.Send(TimeSpan.Zero, slot, packet.Length, out var datagramLength, out _, out _);
        Assert.Equal(SendOutcome.Sealed, sent);
        Assert.Equal(ToInitiator, Convert.ToHexStringLower(slot.AsSpan(0, datagramLength)));
    }

    private static void AssertSeals(Session session, string plaintext, string datagram)
    {
        var packet = Convert.FromHexString(plaintext);
        var slot = new byte[packet.Length + Device.Overhead];
        packet.CopyTo(slot, Device.HeaderLength);
        session.Seal(slot, packet.Length);
        Assert.Equal(datagram, Convert.ToHexStringLower(slot));
    }

    private static void AssertOpens(Session session, string datagram, string plaintext)
    {
        var bytes = Convert.FromHexString(datagram);
        Assert.True(session.TryOpen(0, bytes.AsSpan(Device.HeaderLength)));
        Assert.Equal(plaintext, Convert.ToHexStringLower(bytes.AsSpan(Device.HeaderLength..^Device.TagLength)));
    }
}
