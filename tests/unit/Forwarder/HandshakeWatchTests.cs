using System.Net;
using Microsoft.Extensions.Time.Testing;
using Onetun.Tunnel.Peers;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class HandshakeWatchTests
{
    private readonly TestLog _log = new();
    private readonly FakeTimeProvider _time = new();
    private readonly HandshakeWatch _watch;
    private readonly PeerStatistics _peer = new() { EndPoint = new IPEndPoint(IPAddress.Loopback, 51820) };

    public HandshakeWatchTests() => _watch = new HandshakeWatch(_log, _time);

    [Fact]
    public void A_peer_that_does_not_answer_is_told_of_once_and_again_when_it_does()
    {
        foreach (var attempts in new[] { 0, 1, 2 })
        {
            _watch.Look(_peer with { HandshakeAttempts = attempts });
        }

        _watch.Look(_peer with { HasSession = true });
        Assert.Equal(
            [
                $"No answer to the WireGuard handshake from [{_peer.EndPoint}] for 5 s, still trying: are address and keys right, does the peer know ours, does a firewall drop UDP?",
                $"[{_peer.EndPoint}] answers the WireGuard handshake now",
            ],
            _log.Lines);
    }

    [Fact]
    public void A_peer_that_does_not_answer_is_called_again_before_the_device_gives_it_up_and_until_it_answers()
    {
        // Two minutes of silence, then an answer
        Assert.Equal([60, 120], CallsIn(180, second => second <= 120
            ? _peer with { HandshakeAttempts = 1 + (second / 5) }
            : _peer with { HasSession = true }));
    }

    [Fact]
    public void A_peer_that_nobody_wants_anything_of_is_left_alone() => Assert.Empty(CallsIn(600, _ => _peer));

    private List<int> CallsIn(int seconds, Func<int, PeerStatistics> peerAt)
    {
        var calls = new List<int>();
        for (var second = 0; second <= seconds; second++)
        {
            if (_watch.Look(peerAt(second)))
            {
                calls.Add(second);
            }

            _time.Advance(TimeSpan.FromSeconds(1));
        }

        return calls;
    }
}
