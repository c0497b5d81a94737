using System.Net;
using Onetun.WireGuard;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.WireGuard;

/// <summary>A device that hears nothing but rubbish: what is cheap to refuse is refused cheaply, and nothing is kept of it.</summary>
internal sealed class FloodGame : Game, IDisposable
{
    private static readonly PrivateKey Ours = new([.. Enumerable.Repeat((byte)1, PrivateKey.Size)]);
    private static readonly PrivateKey Theirs = new([.. Enumerable.Repeat((byte)2, PrivateKey.Size)]);
    private static readonly UdpEndPoint Stranger = UdpEndPoint.From(IPEndPoint.Parse("203.0.113.9:9"));

    private readonly Side _victim = new("Alice", Ours, 1, new DeviceOptions { PrivateKey = Ours }, Stranger);

    public FloodGame() => _victim.Peer = _victim.Device.AddPeer(default, new PeerOptions { PublicKey = Theirs.PublicKey });

    public override void Step(Dice dice)
    {
        var now = TimeSpan.FromSeconds(1);
        var before = _victim.Look(now);
        for (var i = 0; i < 16; i++)
        {
            var bytes = DatagramForge.Random(dice, _victim);
            Inputs++;
            var outcome = _victim.Device.Receive(now, bytes, Stranger).Outcome;
            Require(outcome >= DatagramOutcome.HandshakeQueued, "rubbish is refused");
        }

        _victim.ThrowFaults();
        Require(_victim.Look(now) == before, "what is not authentic changes nothing");
        var answers = _victim.Device.TryTransmit(now, _victim.Buffer, out var length, out _, out _);
        Require(!answers || length == CookieReply.Size, "rubbish is answered with cookies alone");
    }

    public void Dispose() => _victim.Dispose();
}
