using System.Net;

namespace Onetun.WireGuard.Tests;

/// <summary>
/// Two devices, Alice and Bob, on one virtual clock, and an eavesdropper between them who sees, keeps, drops and
/// invents datagrams.
/// </summary>
internal sealed class PeerPair : IDisposable
{
    public const string AliceAddress = "10.0.0.1";
    public const string BobAddress = "10.0.0.2";

    public PeerPair(PeerPairOptions? options = null)
    {
        options ??= new PeerPairOptions();
        Alice = new TestDevice("Alice", options.Seed, "192.0.2.1:1000", options.Mtu);
        Bob = new TestDevice("Bob", options.Seed + 1, "192.0.2.2:2000", options.Mtu);
        Eavesdropper = new Eavesdropper(Alice, Bob);
        AlicesBob = Alice.AddPeer(Now, Bob, options.AliceKnowsBob, BobAddress, options.PresharedKey);
        BobsAlice = Bob.AddPeer(Now, Alice, options.BobKnowsAlice, AliceAddress, options.PresharedKey);
    }

    public TestDevice Alice { get; }

    public TestDevice Bob { get; }

    /// <summary>Bob, as Alice sees him.</summary>
    public Peer AlicesBob { get; }

    /// <summary>Alice, as Bob sees her.</summary>
    public Peer BobsAlice { get; }

    public Eavesdropper Eavesdropper { get; }

    /// <summary>Not zero, so that what forgets to use it shows.</summary>
    public TimeSpan Now { get; private set; } = TimeSpan.FromHours(1);

    /// <summary>Alice sends a packet to Bob; what she has to transmit is handed over. True if he got it.</summary>
    public SendOutcome AliceSends(int length = 100, int tag = 0) =>
        Alice.Send(Now, Packets.Ip(AliceAddress, BobAddress, length, tag), Eavesdropper);

    public SendOutcome BobSends(int length = 100, int tag = 0) =>
        Bob.Send(Now, Packets.Ip(BobAddress, AliceAddress, length, tag), Eavesdropper);

    /// <summary>Delivers and transmits until nothing moves, without letting time pass.</summary>
    public void Settle()
    {
        do
        {
            Alice.Transmit(Now, Eavesdropper);
            Bob.Transmit(Now, Eavesdropper);
        }
        while (Eavesdropper.Deliver(Now));
    }

    /// <summary>A handshake begun by Alice's first packet.</summary>
    public PeerPair Connected()
    {
        AliceSends();
        Settle();
        Assert.Single(Bob.Packets);
        Bob.Packets.Clear();
        Eavesdropper.Log.Clear();
        return this;
    }

    /// <summary>Lets time pass, doing everything at the moment it is due.</summary>
    public void Advance(TimeSpan span)
    {
        var end = Now + span;
        Settle();
        while (true)
        {
            var next = Alice.Device.NextTimeout < Bob.Device.NextTimeout
                ? Alice.Device.NextTimeout
                : Bob.Device.NextTimeout;
            next = Eavesdropper.NextArrival < next ? Eavesdropper.NextArrival : next;
            if (next > end)
            {
                break;
            }

            Now = next > Now ? next : Now;
            Alice.Device.OnTimeout(Now);
            Bob.Device.OnTimeout(Now);
            Settle();
        }

        Now = end;
    }

    public void Advance(double seconds) => Advance(TimeSpan.FromSeconds(seconds));

    public void Dispose()
    {
        Alice.Dispose();
        Bob.Dispose();
    }
}

internal sealed record PeerPairOptions
{
    public int Seed { get; init; } = 1;

    public int Mtu { get; init; } = 1420;

    public bool AliceKnowsBob { get; init; } = true;

    public bool BobKnowsAlice { get; init; }

    public PresharedKey? PresharedKey { get; init; }
}
