using System.Net;
using CsCheck;

namespace Onetun.WireGuard.Tests;

/// <summary>No datagram of any bytes throws, or changes a peer, before it is authenticated.</summary>
public sealed class FuzzTests
{
    private static readonly UdpEndPoint Stranger = UdpEndPoint.From(IPEndPoint.Parse("203.0.113.9:9"));

    [Fact]
    public void Any_bytes_of_any_length_are_dropped_and_change_nothing()
    {
        using var pair = new PeerPair().Connected();
        Gen.Byte.Array[0, 300].Sample(bytes => AssertDropped(pair, bytes), threads: 1);
    }

    [Fact]
    public void Any_bytes_with_an_honest_header_are_dropped_and_change_nothing()
    {
        // The types, and the indices of a live handshake and of live sessions.
        using var pair = new PeerPair(new PeerPairOptions { BobKnowsAlice = true }).Connected();
        pair.Bob.Device.ExpireSessions(pair.Now);
        uint[] indices =
        [
            pair.BobsAlice.Sessions.Current!.LocalIndex,
            pair.BobsAlice.Handshake.PendingIndex!.Value,
            0,
            uint.MaxValue,
        ];
        Gen.Select(Gen.Int[1, 4], Gen.Int[0, 3], Gen.Byte.Array[32, 200], Gen.Bool, Gen.Bool).Sample(
            (type, index, bytes, isOfHonestLength, hasHonestMac) =>
            {
                var length = type switch { 1 => 148, 2 => 92, 3 => 64, _ => bytes.Length };
                Array.Resize(ref bytes, isOfHonestLength ? length : bytes.Length);
                BitConverter.TryWriteBytes(bytes, type);
                BitConverter.TryWriteBytes(bytes.AsSpan(type == 2 ? 8 : 4), indices[index]);
                if (hasHonestMac)
                {
                    new CookieGenerator(pair.Bob.Key.PublicKey).AddMacs(pair.Now, bytes);
                }

                AssertDropped(pair, bytes);
            },
            threads: 1);
    }

    [Fact]
    public void Any_damage_to_an_honest_datagram_is_noticed()
    {
        using var pair = new PeerPair(new PeerPairOptions { BobKnowsAlice = true }).Connected();
        pair.Eavesdropper.Filter = _ => false;
        pair.AliceSends();
        pair.Bob.Device.ExpireSessions(pair.Now);
        pair.Bob.Transmit(pair.Now, pair.Eavesdropper);
        var data = pair.Eavesdropper.Log[0].Bytes;
        var initiation = pair.Eavesdropper.Log[1].Bytes;
        var answered = pair.Alice.Device.Receive(pair.Now, [.. initiation], pair.Bob.EndPoint);
        Assert.Equal(DatagramOutcome.HandshakeInitiation, answered.Outcome);
        pair.Alice.Transmit(pair.Now, pair.Eavesdropper);
        var response = pair.Eavesdropper.Log[2].Bytes;

        Gen.Select(Gen.Bool, Gen.Int[0, 147], Gen.Int[1, 255]).Sample(
            (isData, position, change) =>
            {
                byte[] bytes = [.. isData ? data : response];
                position %= isData ? bytes.Length : bytes.Length - Blake2s.MacSize;
                bytes[position] ^= (byte)change;
                AssertDropped(pair, bytes);
            },
            threads: 1);

        // And undamaged they are still as good as new.
        Assert.Equal(DatagramOutcome.Packet, pair.Bob.Device.Receive(pair.Now, data, pair.Alice.EndPoint).Outcome);
        Assert.Equal(
            DatagramOutcome.HandshakeResponse, pair.Bob.Device.Receive(pair.Now, response, pair.Alice.EndPoint).Outcome);
    }

    [Fact]
    public void Any_inner_bytes_of_an_authentic_packet_are_judged_without_a_throw()
    {
        using var pair = new PeerPair().Connected();
        Gen.Select(Gen.Byte.Array[0, 100], Gen.Enum<EcnField>()).Sample(
            (payload, ecn) =>
            {
                var slot = new byte[payload.Length + Device.Overhead];
                payload.CopyTo(slot, Device.HeaderLength);
                pair.AlicesBob.Sessions.Current!.Seal(slot, payload.Length);
                var received = pair.Bob.Device.Receive(pair.Now, slot, pair.Alice.EndPoint, ecn);
                Assert.True(received.Outcome is DatagramOutcome.Packet or DatagramOutcome.Keepalive
                    or DatagramOutcome.MalformedInnerPacket or DatagramOutcome.SourceNotAllowed);
                Assert.InRange(received.Offset + received.Length, 0, slot.Length - Device.TagLength);
            },
            threads: 1);
    }

    [Fact]
    public void Any_packet_to_be_sent_is_sent_or_refused_without_a_throw()
    {
        using var pair = new PeerPair().Connected();
        var slot = new byte[2048];
        Gen.Byte.Array[0, 1500].Sample(
            packet =>
            {
                packet.CopyTo(slot, Device.HeaderLength);
                var outcome = pair.Alice.Device.Send(pair.Now, slot, packet.Length, out var length, out _, out _);
                Assert.Equal(outcome == SendOutcome.Sealed, length > 0);
            },
            threads: 1);
    }

    [Fact]
    public void Any_order_of_calls_and_times_keeps_the_next_timeout_ahead_and_the_tables_bounded()
    {
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 20_000]).Array[1, 150].Sample(
            steps =>
            {
                using var pair = new PeerPair(new PeerPairOptions { BobKnowsAlice = true });
                var random = new Random(steps.Length);
                pair.Eavesdropper.Filter = _ => random.Next(3) > 0;
                foreach ((var action, var milliseconds) in steps)
                {
                    switch (action)
                    {
                        case 0:
                            pair.AliceSends();
                            break;
                        case 1:
                            pair.BobSends();
                            break;
                        case 2:
                            pair.Alice.Device.ExpireSessions(pair.Now);
                            break;
                        case 3:
                            pair.Bob.Device.SetPersistentKeepalive(pair.Now, pair.BobsAlice, TimeSpan.FromSeconds(milliseconds % 4));
                            break;
                        default:
                            pair.Advance(TimeSpan.FromMilliseconds(milliseconds));
                            Assert.True(pair.Alice.Device.NextTimeout > pair.Now);
                            Assert.True(pair.Bob.Device.NextTimeout > pair.Now);
                            break;
                    }

                    Assert.InRange(pair.Alice.Device.IndexCount, 0, 4);
                    Assert.InRange(pair.Bob.Device.IndexCount, 0, 4);
                }
            },
            iter: 100,
            threads: 1);
    }

    /// <summary>Bob drops it, and is to everybody as he was.</summary>
    private static void AssertDropped(PeerPair pair, byte[] bytes)
    {
        var before = Snapshot(pair);
        var outcome = pair.Bob.Device.Receive(pair.Now, [.. bytes], Stranger).Outcome;
        Assert.True(outcome >= DatagramOutcome.HandshakeQueued, outcome.ToString());
        Assert.Equal(before, Snapshot(pair));

        if (outcome == DatagramOutcome.HandshakeQueued)
        {
            pair.Bob.Device.OnTimeout(pair.Bob.Device.NextTimeout);
            Assert.Equal(before, Snapshot(pair));
        }
    }

    private static object Snapshot(PeerPair pair) => (
        pair.BobsAlice.GetStatistics(pair.Now),
        pair.BobsAlice.Sessions.Previous,
        pair.BobsAlice.Sessions.Current,
        pair.BobsAlice.Sessions.Next,
        pair.BobsAlice.Handshake.PendingIndex,
        string.Join(' ', Enum.GetValues<PeerTimer>().Select(timer => pair.BobsAlice.Timers.Deadline(timer))),
        pair.Bob.Device.IndexCount);
}
