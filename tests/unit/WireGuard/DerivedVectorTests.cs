using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace Onetun.WireGuard.Tests;

/// <summary>Answers computed by an independent program that rebuilds the Linux capture.</summary>
public sealed class DerivedVectorTests
{
    private readonly JsonElement _vectors = SharedVectors.Load("wireguard_derived_kat.json");
    private readonly JsonElement _capture = SharedVectors.Load("wireguard_kernel_capture_kat.json");

    [Fact]
    public void Response_with_a_preshared_key_is_built_byte_for_byte()
    {
        using var responderKey = new PrivateKey(_capture.Hex("responder_static_private"));
        using var presharedKey = new PresharedKey(_capture.GetProperty("psk_capture_initiation_only").Hex("psk"));
        var environment = new TestEnvironment(1);
        using var responder = new Device(new DeviceOptions { PrivateKey = responderKey }, environment);
        responder.AddPeer(TimeSpan.Zero, new PeerOptions
        {
            PublicKey = new PublicKey(_capture.Hex("initiator_static_public")),
            PresharedKey = presharedKey,
        });
        var initiation = _capture.GetProperty("psk_capture_initiation_only");
        environment.FillNext(
            _vectors.GetProperty("psk_response").Hex("responder_index_le"), initiation.Hex("responder_ephemeral_private"));

        var buffer = new byte[1500];
        responder.Receive(TimeSpan.Zero, initiation.Hex("initiation"), new UdpEndPoint(1, 1));
        Assert.True(responder.TryTransmit(TimeSpan.Zero, buffer, out var length, out _, out _));
        Assert.Equal(
            _vectors.GetProperty("psk_response").Text("response"), Convert.ToHexStringLower(buffer.AsSpan(0, length)));
    }

    [Theory]
    [InlineData("session2_initiation_only")]
    [InlineData("psk_capture_initiation_only")]
    public void Other_captured_initiations_are_built_byte_for_byte(string name)
    {
        var captured = _capture.GetProperty(name);
        var expected = captured.Hex("initiation");
        using var initiatorKey = new PrivateKey(_capture.Hex("initiator_static_private"));
        using var local = new LocalIdentity(initiatorKey);
        var responder = new PublicKey(_capture.Hex("responder_static_public"));
        var environment = new TestEnvironment(1);
        environment.FillNext(captured.Hex("initiator_ephemeral_private"));
        var staticShared = new byte[32];
        Assert.True(local.TryAgree(_capture.Hex("responder_static_public"), staticShared));

        var message = new byte[HandshakeInitiation.Size];
        var timestamp = Tai64n.Read(captured.Hex("timestamp_tai64n"));
        var index = BitConverter.ToUInt32(expected, 4);
        Assert.True(new Initiator().TryBegin(
            local, responder, staticShared, timestamp, index, environment, new HandshakeInitiation(message)));
        new CookieGenerator(responder).AddMacs(TimeSpan.Zero, message);
        Assert.Equal(expected, message);
    }

    [Theory]
    [InlineData(0, "192.0.2.1:51820")]
    [InlineData(1, "[2001:db8::1]:51820")]
    public void Cookie_reply_and_mac2_are_built_byte_for_byte(int number, string source)
    {
        var cookie = _vectors.GetProperty("cookie");
        var expected = cookie.GetProperty("cases")[number];
        var initiation = _capture.GetProperty("session1").Hex("initiation");
        var responder = new PublicKey(_capture.Hex("responder_static_public"));
        var environment = new TestEnvironment(1);
        using var checker = new CookieChecker(responder);
        environment.FillNext(cookie.Hex("secret"), cookie.Hex("nonce"));

        var reply = new byte[CookieReply.Size];
        var endpoint = UdpEndPoint.From(IPEndPoint.Parse(source));
        checker.WriteReply(TimeSpan.Zero, environment, initiation, endpoint, new CookieReply(reply));
        Assert.Equal(expected.Text("reply"), Convert.ToHexStringLower(reply));

        var generator = new CookieGenerator(responder);
        generator.AddMacs(TimeSpan.Zero, initiation);
        Assert.True(generator.TryConsume(TimeSpan.Zero, new CookieReply(reply)));
        generator.AddMacs(TimeSpan.Zero, initiation);
        Assert.Equal(
            expected.Text("mac2_on_same_initiation"), Convert.ToHexStringLower(new HandshakeMacs(initiation).Mac2));
        Assert.True(checker.HasValidMac2(TimeSpan.Zero, initiation, endpoint));
    }

    [Fact]
    public void Transport_frames_are_sealed_byte_for_byte_to_the_last_counter()
    {
        var transport = _vectors.GetProperty("transport");
        using var key = PrivateKey.Generate();
        var state = new DeviceState(new DeviceOptions { PrivateKey = key }, new TestEnvironment(1), new Random(1));
        using var other = PrivateKey.Generate();
        var peer = new Peer(state, other.PublicKey);
        byte[] keys = [.. transport.Hex("key_i2r"), .. new byte[32]];
        var receiver = BitConverter.ToUInt32(transport.Hex("receiver_index_le"));
        foreach (var frame in transport.GetProperty("frames").EnumerateArray())
        {
            using var session = new Session(peer, state.Keys, keys, 1, receiver, isInitiator: true, TimeSpan.Zero)
            {
                SendCounter = frame.GetProperty("counter").GetUInt64(),
            };
            var length = frame.Number("payload_len");
            var padding = Constants.Padding(length, frame.Number("mtu"));
            Assert.Equal(frame.Number("pad"), padding);
            var slot = new byte[Device.Overhead + length + padding];
            for (var i = 0; i < length; i++)
            {
                slot[Device.HeaderLength + i] = (byte)((7 * i) + length);
            }

            Assert.True(session.CanSend(TimeSpan.Zero));
            session.Seal(slot, length + padding);
            Assert.Equal(frame.Text("frame_sha256"), Convert.ToHexStringLower(SHA256.HashData(slot)));
        }
    }

    [Fact]
    public void Padding_never_passes_the_mtu()
    {
        Assert.All(
            _vectors.GetProperty("padding").EnumerateArray(),
            test => Assert.Equal(test.Number("pad"), Constants.Padding(test.Number("len"), test.Number("mtu"))));
    }

    [Fact]
    public void Timestamps_are_whitened_to_24_bits()
    {
        Assert.All(
            _vectors.GetProperty("tai64n").EnumerateArray(),
            test =>
            {
                var bytes = new byte[Tai64n.Size];
                Tai64n.From(test.GetProperty("unix").GetInt64(), test.GetProperty("nsec").GetUInt32()).Write(bytes);
                Assert.Equal(test.Text("whitened_24bit"), Convert.ToHexStringLower(bytes));
            });
    }
}
