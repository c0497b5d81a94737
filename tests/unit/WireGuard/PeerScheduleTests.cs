using System.Security.Cryptography;

namespace Onetun.WireGuard.Tests;

/// <summary>The heap of peers' deadlines against a plain list.</summary>
public sealed class PeerScheduleTests
{
    private readonly PeerSchedule _schedule = new();

    [Fact]
    public void Nobody_is_first_while_nobody_has_a_deadline()
    {
        var entry = Entries(1)[0];
        Assert.Equal((TimeSpan.MaxValue, null), (_schedule.Earliest, _schedule.First));
        entry.MoveTo(TimeSpan.FromSeconds(1));
        Assert.Equal((TimeSpan.FromSeconds(1), entry.Peer), (_schedule.Earliest, _schedule.First));
        entry.MoveTo(TimeSpan.MaxValue);
        entry.MoveTo(TimeSpan.MaxValue);
        Assert.Equal((TimeSpan.MaxValue, null), (_schedule.Earliest, _schedule.First));
    }

    [Fact]
    public void Earliest_is_on_top_however_deadlines_move_come_and_go()
    {
        var random = new Random(1);
        var entries = Entries(40);
        for (var i = 0; i < 20_000; i++)
        {
            var moved = entries[random.Next(entries.Length)];
            moved.MoveTo(random.Next(4) == 0 ? TimeSpan.MaxValue : TimeSpan.FromSeconds(random.Next(1000)));
            var earliest = entries.Min(entry => entry.Time);
            Assert.Equal(earliest, _schedule.Earliest);
            if (earliest != TimeSpan.MaxValue)
            {
                Assert.Contains(entries, entry => entry.Peer == _schedule.First && entry.Time == earliest);
            }
        }
    }

    private PeerSchedule.Entry[] Entries(int count)
    {
        using var key = PrivateKey.Generate();
        var device = new DeviceState(new DeviceOptions { PrivateKey = key }, new TestEnvironment(1), new Random(1));
        return [.. Enumerable.Range(0, count).Select(i => new PeerSchedule.Entry(_schedule, new Peer(device, Key(i))))];
    }

    private static PublicKey Key(int number) => new(SHA256.HashData([(byte)number]));
}
