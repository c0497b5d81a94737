using System.Net;
using Onetun.WireGuard;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.WireGuard;

/// <summary>
/// Two devices with sessions, and the network between them in the hands of somebody who drops, delays, repeats, damages and
/// invents; at times one of the two means harm itself. Nothing changes that is not authentic, and nothing is taken twice.
/// </summary>
internal sealed class DeviceGame : Game, IDisposable
{
    private const int Remembered = 48;
    private const int Mtu = 1420;

    private static readonly PrivateKey[] Keys =
        [.. Enumerable.Range(1, 3).Select(n => new PrivateKey([.. Enumerable.Repeat((byte)n, PrivateKey.Size)]))];

    private static readonly UdpEndPoint Stranger = UdpEndPoint.From(IPEndPoint.Parse("203.0.113.9:9"));

    private readonly List<Datagram> _log = [];
    private readonly List<Datagram> _underway = [];
    private readonly Side[] _sides = new Side[2];
    private TimeSpan _now;

    public override void Begin(Dice dice)
    {
        _now = TimeSpan.FromSeconds(dice.Next(1, 1_000_000));
        var options = new DeviceOptions()
        {
            PrivateKey = Keys[0],
            Mtu = Mtu,
            MaxHandshakesPerSecond = dice.Pick(1, 50, 500),
            MaxQueuedHandshakes = dice.Pick(1, 8, 1024),
            MaxStagedPacketsPerPeer = dice.Pick(1, 128),
        };
        _sides[0] = new Side("Alice", Keys[0], dice.Next64(), options, UdpEndPoint.From(IPEndPoint.Parse("192.0.2.1:1000")));
        _sides[1] = new Side("Bob", Keys[1], dice.Next64(), options, UdpEndPoint.From(IPEndPoint.Parse("[2001:db8::2]:2000")));
        var wide = dice.Pick<string[]>([], ["::/0"], ["0.0.0.0/0", "::/0"]);
        foreach (var side in _sides)
        {
            var other = Other(side);
            var last = other == _sides[0] ? "1" : "2";
            side.Peer = side.Device.AddPeer(_now, new PeerOptions
            {
                PublicKey = other.Key.PublicKey,
                EndPoint = other.Home.ToIPEndPoint(),
                AllowedIPs = [.. wide.Append($"10.0.0.{last}/32").Append($"fd00::{last}/128").Select(IPNetwork.Parse)],
            });
            side.Device.AddPeer(_now, new PeerOptions
            {
                PublicKey = Keys[2].PublicKey,
                AllowedIPs = [IPNetwork.Parse("10.0.0.3/32"), IPNetwork.Parse("fd00::3/128")],
            });
        }

        if (!dice.OneIn(8))
        {
            Shake(dice);
        }
    }

    public override void Step(Dice dice)
    {
        var side = _sides[dice.Next(2)];
        switch (dice.Next(16))
        {
            case 0 or 1:
                Send(dice, side);
                break;
            case 2 or 3 when _underway.Count > 0:
                Deliver(dice, _underway[dice.OneIn(2) ? 0 : dice.Next(_underway.Count)]);
                break;
            case 4 when _underway.Count > 0:
                _underway.RemoveAt(dice.Next(_underway.Count));
                break;
            case 5:
                Repeat(dice);
                break;
            case 6 or 7:
                Betray(dice, side);
                break;
            case 8 when dice.OneIn(3):
                Advance(dice);
                break;
            case 9 when dice.OneIn(4):
                Change(dice, side);
                break;
            default:
                for (var i = 0; i < 16; i++)
                {
                    Forge(dice, side);
                }

                break;
        }

        Transmit(side);
        foreach (var each in _sides)
        {
            each.ThrowFaults();
            Require(each.Device.IndexCount <= 8, "each of two peers has four indices at most");
        }
    }

    public override void End()
    {
        foreach (var side in _sides)
        {
            side.Device.RemovePeer(side.Peer);
            Require(side.Device.IndexCount == 0, "who is removed leaves no index behind");
        }
    }

    public void Dispose()
    {
        foreach (var side in _sides)
        {
            side?.Dispose();
        }
    }

    private static string Text(byte[] bytes) =>
        bytes.Length > 64 ? $"{Convert.ToHexString(bytes, 0, 64)}… {bytes.Length} bytes" : Convert.ToHexString(bytes);

    private static bool IsAuthentic(DatagramOutcome outcome) => outcome < DatagramOutcome.HandshakeQueued
        || outcome is >= DatagramOutcome.MalformedInnerPacket and <= DatagramOutcome.Congested;

    /// <summary>The field that a datagram comes with: any, without a throw of the dice.</summary>
    private static EcnField EcnOf(byte[] bytes) => bytes.Length == 0 ? EcnField.NotEct : (EcnField)(bytes[^1] & 3);

    private Side Other(Side side) => side == _sides[0] ? _sides[1] : _sides[0];

    /// <summary>A handshake that nobody disturbs.</summary>
    private void Shake(Dice dice)
    {
        Send(dice, _sides[0]);
        for (var i = 0; i < 8 && _underway.Count > 0; i++)
        {
            Deliver(dice, _underway[0]);
        }
    }

    private void Send(Dice dice, Side side)
    {
        var length = dice.Next(20, dice.OneIn(8) ? Mtu + 1 : 100);
        var packet = new byte[length];
        packet[0] = 0x45;
        packet[2] = (byte)(length >> 8);
        packet[3] = (byte)length;
        (packet[12], packet[15]) = (10, (byte)(side == _sides[0] ? 1 : 2));
        (packet[16], packet[19]) = (10, (byte)(side == _sides[0] ? 2 : 1));
        packet.CopyTo(side.Buffer, Device.HeaderLength);
        var outcome = side.Device.Send(_now, side.Buffer, length, out var datagram, out var destination, out _);
        Story?.Add($"  {side.Name} sends {length} bytes: {outcome}");
        if (outcome == SendOutcome.Sealed)
        {
            Carry(side, datagram, destination);
        }

        Transmit(side);
    }

    private void Transmit(Side side)
    {
        var count = 0;
        while (side.Device.TryTransmit(_now, side.Buffer, out var length, out var destination, out _))
        {
            Require(++count < 1000, "it stops talking");
            Carry(side, length, destination);
        }
    }

    private void Carry(Side from, int length, UdpEndPoint destination)
    {
        byte[] bytes = [.. from.Buffer.AsSpan(0, length)];
        var to = Other(from);
        Story?.Add($"  {from.Name} transmits type {bytes[0]}, {length} bytes, to {destination}");
        from.CheckSent(bytes, to, destination == Stranger);
        var datagram = new Datagram(from, to, bytes);
        _underway.Add(datagram);
        _log.Add(datagram);
        if (_log.Count > Remembered)
        {
            _underway.Remove(_log[0]);
            _log.RemoveAt(0);
        }
    }

    /// <summary>What was sent arrives, at times from another address.</summary>
    private void Deliver(Dice dice, Datagram datagram)
    {
        _underway.Remove(datagram);
        if (dice.OneIn(16))
        {
            datagram.From.Home = datagram.From.Home with { Port = (ushort)dice.Next(1, 65_536) };
        }

        Receive(datagram.To, datagram.Bytes, datagram.From.Home);
        Transmit(datagram.To);
    }

    private void Repeat(Dice dice)
    {
        if (_log.Count > 0)
        {
            var datagram = _log[dice.Next(_log.Count)];
            Receive(dice.OneIn(8) ? datagram.From : datagram.To, datagram.Bytes, datagram.IsAccepted ? Stranger : datagram.From.Home);
        }
    }

    private void Forge(Dice dice, Side victim)
    {
        var bytes = _log.Count == 0 || dice.OneIn(4)
            ? DatagramForge.Random(dice, victim)
            : DatagramForge.Damage(dice, _log[dice.Next(_log.Count)].Bytes, _log[dice.Next(_log.Count)].Bytes, victim);
        var isHonest = _log.Exists(datagram => datagram.IsAuthenticated(bytes));
        Receive(victim, bytes, isHonest ? Other(victim).Home : Stranger);
    }

    /// <summary>Gives a device a datagram. Only what the other sent, and only once, may be taken.</summary>
    private void Receive(Side side, byte[] bytes, UdpEndPoint source)
    {
        Inputs++;
        byte[] slot = [.. bytes];
        var before = side.Look(_now);
        var received = side.Device.Receive(_now, slot, source, EcnOf(bytes));
        Story?.Add($"  {side.Name} receives {Text(bytes)} from {source}: {received.Outcome}");
        if (!IsAuthentic(received.Outcome))
        {
            Require(side.Look(_now) == before, "what is not authentic changes nothing");
            return;
        }

        var honest = _log.Find(datagram => datagram.To == side && datagram.IsAuthenticated(bytes));
        Require(honest is not null, "only what the peer sent is taken");
        Require(!honest!.IsAccepted, "nothing is taken twice");
        honest.IsAccepted = true;
        Require(received.Offset + received.Length <= bytes.Length, "the inner packet lies in the datagram");
    }

    /// <summary>The other side has a session and seals what no honest peer sends.</summary>
    private void Betray(Dice dice, Side victim)
    {
        var traitor = Other(victim);
        if (traitor.Peer.Sessions.Current is not { } session || !session.CanSend(_now))
        {
            return;
        }

        var inner = InnerForge.Packet(dice, Mtu);
        var slot = new byte[inner.Length + Device.Overhead];
        inner.CopyTo(slot, Device.HeaderLength);
        var cipher = session.Begin(slot, out var counter);
        TransportKey.Seal(cipher, counter, slot.AsSpan(Device.HeaderLength, inner.Length), slot.AsSpan(Device.HeaderLength));
        traitor.CheckSent([.. slot, .. new byte[-inner.Length & 15]], victim, isToStranger: false);
        Inputs++;
        var received = victim.Device.Receive(_now, slot, traitor.Home, EcnOf(slot));
        Story?.Add($"  {victim.Name} receives, sealed, {Text(inner)}: {received.Outcome}");
        if (received.Outcome == DatagramOutcome.Packet)
        {
            Require(received.Length <= inner.Length, "the inner packet lies in the datagram");
            InnerForge.Check(inner);
        }
    }

    private void Advance(Dice dice)
    {
        var end = _now + TimeSpan.FromMilliseconds(Math.Pow(10, dice.Next(600) / 100.0));
        Story?.Add($"  time {end}");
        while (Math.Min(_sides[0].Device.NextTimeout.Ticks, _sides[1].Device.NextTimeout.Ticks) is var next && next <= end.Ticks)
        {
            _now = next > _now.Ticks ? new TimeSpan(next) : _now;
            foreach (var side in _sides)
            {
                side.Device.OnTimeout(_now);
                Require(side.Device.NextTimeout > _now, "what is due is done");
                Transmit(side);
            }
        }

        _now = end;
    }

    private void Change(Dice dice, Side side)
    {
        var kind = dice.Next(8);
        Story?.Add($"  {side.Name} changes {kind}");
        switch (kind)
        {
            case 0:
                side.Device.ExpireSessions(_now);
                break;
            case 1:
                side.Device.SetPersistentKeepalive(_now, side.Peer, TimeSpan.FromSeconds(dice.Next(30)));
                break;
            case 2:
                side.Device.SetEndPoint(_now, side.Peer, Other(side).Home);
                break;
            case 3:
                side.Device.SendKeepalives(_now);
                break;
            case 4:
                side.Environment.UtcNow = side.Environment.UtcNow.AddSeconds(dice.Next(-100_000, 100_000));
                break;
            case 5:
                var key = new PresharedKey(dice.Bytes(PresharedKey.Size));
                Array.ForEach(_sides, each => each.Device.SetPresharedKey(each.Peer, key));
                break;
            case 6:
                side.Device.AddAllowedIP(side.Peer, IPNetwork.Parse("10.9.0.0/16"));
                side.Device.RemoveAllowedIP(side.Peer, IPNetwork.Parse("10.9.0.0/16"));
                break;
            default:
                Readd(side);
                break;
        }
    }

    private void Readd(Side side)
    {
        IPNetwork[] allowed = [.. side.Peer.AllowedIPs];
        side.Device.RemovePeer(side.Peer);
        side.Peer = side.Device.AddPeer(_now, new PeerOptions
        {
            PublicKey = Other(side).Key.PublicKey,
            EndPoint = Other(side).Home.ToIPEndPoint(),
            AllowedIPs = allowed,
        });

        // With the peer went the time stamp of the newest initiation, so that all of them are new again
        _log.ForEach(datagram => datagram.IsAccepted &= datagram.Bytes[0] == (byte)MessageType.Transport);
    }
}
