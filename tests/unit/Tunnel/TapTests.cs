using System.Net;
using System.Text;
using Onetun.Capture;
using Onetun.NetStack;
using Onetun.WireGuard;
using PacketDotNet;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>What those who watch a tunnel are shown: both layers, remarks on them, and keys, in virtual time.</summary>
public sealed class TapTests : IDisposable
{
    private static readonly IPAddress OurInside = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress TheirInside = IPAddress.Parse("10.0.0.2");
    private static readonly IPAddress Home = IPAddress.Parse("192.0.2.1");
    private static readonly IPEndPoint TheirOutside = IPEndPoint.Parse("203.0.113.1:51820");
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private readonly OuterWorld _world = new();
    private readonly PrivateKey _ours = PrivateKey.Generate();
    private readonly PrivateKey _theirs = PrivateKey.Generate();
    private readonly VirtualTunnel _here;
    private readonly VirtualTunnel _there;

    public TapTests()
    {
        _there = new VirtualTunnel(_world, _theirs, TheirInside, TheirOutside, seed: 1);
        _there.Add(_ours.PublicKey, endPoint: null);
        _here = new VirtualTunnel(_world, _ours, OurInside, new IPEndPoint(Home, 0), seed: 2);
        _here.Add(_theirs.PublicKey, TheirOutside);
    }

    public void Dispose()
    {
        _here.Dispose();
        _there.Dispose();
        _ours.Dispose();
        _theirs.Dispose();
    }

    [Fact]
    public void Datagrams_are_shown_as_they_are_on_the_wire_in_packets_of_the_real_addresses()
    {
        var sent = new List<byte[]>();
        _world.Sent = (_, _, datagram) => sent.Add(datagram);
        var tap = Watch(_here, TapLayers.Outer);
        Exchange();

        Assert.Equal(sent, tap.Shown.Select(shown => Payload(shown.Bytes)));
        foreach (var shown in tap.Shown)
        {
            var ip = (IPv4Packet)Packet.ParsePacket(LinkLayers.Raw, shown.Bytes).PayloadPacket;
            var udp = Assert.IsType<UdpPacket>(ip.PayloadPacket);
            Assert.True(ip.ValidIPChecksum && udp.ValidUdpChecksum);
            var ends = (new IPEndPoint(ip.SourceAddress, udp.SourcePort), new IPEndPoint(ip.DestinationAddress, udp.DestinationPort));
            Assert.Equal(shown.IsInbound ? (TheirOutside, _here.EndPoint) : (_here.EndPoint, TheirOutside), ends);
        }
    }

    [Fact]
    public void A_datagram_comes_with_the_packet_that_it_carries_and_both_ends_are_shown_the_same()
    {
        var (here, there) = (Watch(_here, TapLayers.Outer | TapLayers.Inner), Watch(_there, TapLayers.Outer | TapLayers.Inner));
        Exchange();

        foreach (var tap in new[] { here, there })
        {
            var packets = tap.Shown.Where(shown => !shown.IsOuter).Select(shown => shown.Bytes).ToList();
            Assert.NotEmpty(packets);
            Assert.Equal(packets, tap.Shown.Where(shown => shown.Carried.Length > 0).Select(shown => shown.Carried[..LengthOf(shown.Carried)]));
        }

        Assert.Equal(
            here.Shown.Where(shown => shown.IsOuter).Select(shown => Payload(shown.Bytes)),
            there.Shown.Where(shown => shown.IsOuter).Select(shown => Payload(shown.Bytes)));
    }

    [Fact]
    public void Handshakes_are_remarked_upon_and_a_packet_that_waits_for_one()
    {
        var (here, there) = (Watch(_here, TapLayers.Outer | TapLayers.Inner), Watch(_there, TapLayers.Outer));
        Exchange();

        var (us, them) = (Name(_ours), Name(_theirs));
        Assert.Equal(
            ["waits for a session", $"handshake initiation to {them}", $"handshake with {them} complete after 40.0 ms"],
            here.Shown.Select(shown => shown.Comment).OfType<string>());
        Assert.Equal(
            [$"handshake initiation from {us}", $"handshake response to {us}"], there.Shown.Select(shown => shown.Comment).OfType<string>());
    }

    [Fact]
    public void An_initiation_without_an_answer_says_how_many_there_were()
    {
        _world.Passes = (_, _) => false;
        var tap = Watch(_here, TapLayers.Outer);
        Send();
        _world.Pass(TimeSpan.FromSeconds(12));
        Assert.Equal(
            ["", ", after 1 without an answer", ", after 2 without an answer"],
            tap.Shown.Select(shown => shown.Comment!.Replace($"handshake initiation to {Name(_theirs)}", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_is_dropped_says_why()
    {
        Exchange();
        var tap = Watch(_here, TapLayers.Outer | TapLayers.Inner);
        _world.Send(TheirOutside, _here.EndPoint, [4, 0, 0, 0, .. new byte[40]]);
        _world.Send(TheirOutside, _here.EndPoint, [9, 9, 9]);
        _world.Pass(Moment);
        _there.Driver.Send(Datagram(TheirInside, OurInside));
        _world.Pass(Moment);
        _here.Driver.WithDevice((device, _) => device.RemoveAllowedIP(device.Peers.Single(), new IPNetwork(IPAddress.Any, 0)));
        Send();

        Assert.Equal(
            ["dropped: unknown_index", "dropped: unknown_message", "dropped: no_port", "dropped: no_route"],
            tap.Shown.Select(shown => shown.Comment).OfType<string>());
    }

    [Fact]
    public void A_peer_that_has_roamed_is_remarked_upon_once()
    {
        Exchange();
        var (tap, before) = (Watch(_there, TapLayers.Outer), _here.EndPoint);
        _here.MoveTo(IPAddress.Parse("198.51.100.1"));
        _world.Pass(Moment);
        Exchange();

        var moved = Assert.Single(tap.Shown, shown => shown.Comment?.Contains("roamed", StringComparison.Ordinal) ?? false);
        Assert.EndsWith($"{Name(_ours)} roamed from {before} to {_here.EndPoint}", moved.Comment);
    }

    [Fact]
    public void Keys_are_shown_before_the_message_is_sent_and_only_to_those_who_asked()
    {
        var order = new List<string>();
        var keys = new RecordingTap(TapLayers.Keys) { KeysShown = _ => order.Add("keys") };
        var other = Watch(_here, TapLayers.Inner | TapLayers.Outer);
        _here.Driver.Add(keys);
        _world.Sent = (_, _, datagram) => order.Add(datagram[0] == 1 ? "initiation" : "other");
        Exchange();

        Assert.Equal(["keys", "initiation"], order[..2]);
        Assert.Empty(keys.Shown);
        Assert.Empty(other.Keys);
        var lines = Assert.Single(keys.Keys).TrimEnd('\n').Split('\n');
        Assert.Equal($"LOCAL_STATIC_PRIVATE_KEY = {Convert.ToBase64String(_ours.Bytes)}", lines[0]);
        Assert.Equal($"REMOTE_STATIC_PUBLIC_KEY = {_theirs.PublicKey}", lines[1]);
        using var ephemeral = EphemeralIn(lines[2]);
        var initiation = Payload(other.Shown.First(shown => shown.IsOuter).Bytes);
        Assert.Equal(new PublicKey(initiation.AsSpan(8, 32)), ephemeral.PublicKey);
        Assert.Equal(3, lines.Length);
    }

    [Fact]
    public void A_responder_shows_the_keys_of_its_response()
    {
        var keys = Watch(_there, TapLayers.Keys);
        var outer = Watch(_there, TapLayers.Outer);
        Exchange();

        using var ephemeral = EphemeralIn(Assert.Single(keys.Keys).Split('\n')[2]);
        var response = Payload(outer.Shown.First(shown => !shown.IsInbound).Bytes);
        Assert.Equal(new PublicKey(response.AsSpan(12, 32)), ephemeral.PublicKey);
    }

    [Fact]
    public void Whoever_asks_for_keys_later_gets_those_of_a_new_session_and_nothing_once_it_has_gone()
    {
        Exchange();
        _world.Pass(TimeSpan.FromSeconds(10));
        var keys = Watch(_here, TapLayers.Keys);
        _world.Pass(Moment);
        Assert.Single(keys.Keys);
        _here.Driver.OnNetworkMoved();
        Exchange();
        Assert.Equal(2, keys.Keys.Count);

        _here.Driver.Remove(keys);
        _here.Driver.OnNetworkMoved();
        Exchange();
        Assert.Equal(2, keys.Keys.Count);
        Assert.Equal(0, _here.Driver.GetStatistics().Faults);
    }

    [Fact]
    public void A_tap_that_throws_is_taken_off_whatever_it_is_shown()
    {
        foreach (var layer in new[] { TapLayers.Inner, TapLayers.Outer, TapLayers.Keys })
        {
            var calls = 0;
            var tap = new RecordingTap(layer) { KeysShown = _ => Throw(), PacketShown = () => Throw() };
            _here.Driver.Add(tap);
            _here.Driver.OnNetworkMoved();
            Exchange();
            Exchange();
            Assert.Equal(1, calls);

            void Throw()
            {
                calls++;
                throw new IOException("the disk is full");
            }
        }

        Assert.Equal(3, _here.Driver.GetStatistics().Faults);
    }

    private static RecordingTap Watch(VirtualTunnel tunnel, TapLayers layers)
    {
        var tap = new RecordingTap(layers);
        tunnel.Driver.Add(tap);
        return tap;
    }

    private void Exchange()
    {
        Send();
        _world.Pass(Moment);
    }

    private void Send() => _here.Driver.Send(Datagram(OurInside, TheirInside));

    private static byte[] Datagram(IPAddress from, IPAddress to)
    {
        var packet = new byte[100];
        return packet[..UdpWriter.Write(packet, new IPEndPoint(from, 1000), new IPEndPoint(to, 2000), [1, 2, 3])];
    }

    private static PrivateKey EphemeralIn(string line) =>
        new(Convert.FromBase64String(line["LOCAL_EPHEMERAL_PRIVATE_KEY = ".Length..]));

    private static byte[] Payload(byte[] packet) => packet[28..];

    private static int LengthOf(byte[] packet) => (packet[2] << 8) | packet[3];

    private static string Name(PrivateKey key) => $"peer {key.PublicKey.ToString()[..8]}...";

    private sealed class RecordingTap(TapLayers layers) : IPacketTap
    {
        public TapLayers Layers => layers;

        public List<(bool IsOuter, bool IsInbound, byte[] Bytes, byte[] Carried, string? Comment)> Shown { get; } = [];

        public List<string> Keys { get; } = [];

        public Action PacketShown { get; init; } = static () => { };

        public Action<string> KeysShown { get; init; } = static _ => { };

        public void OnPacket(in TappedPacket packet)
        {
            Shown.Add((packet.IsOuter, packet.Direction == PacketDirection.Inbound, packet.Bytes.ToArray(), packet.Carried.ToArray(), packet.Comment));
            PacketShown();
        }

        public void OnKeys(ReadOnlySpan<byte> keyLog)
        {
            Keys.Add(Encoding.ASCII.GetString(keyLog));
            KeysShown(Keys[^1]);
        }
    }
}
