using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>What is remembered of paths.</summary>
public sealed class PathMtusTests
{
    private static readonly TimeSpan Now = TimeSpan.FromHours(1);

    private readonly PathMtus _paths = new(1420, new Loopback(new HashSet<IpAddress>()));

    [Fact]
    public void Host_of_which_nothing_is_known_has_our_own_mtu() => Assert.Equal(1420, _paths.To(Now, Host(1)));

    [Fact]
    public void Smaller_finding_counts_and_a_larger_one_does_not_replace_it()
    {
        _paths.Learn(Now, Host(1), 1300);
        _paths.Learn(Now, Host(1), 1200);
        _paths.Learn(Now, Host(1), 1280);
        Assert.Equal((1200, 1420), (_paths.To(Now, Host(1)), _paths.To(Now, Host(2))));
    }

    [Fact]
    public void Larger_finding_counts_once_the_smaller_one_is_old()
    {
        _paths.Learn(Now, Host(1), 1200);
        var later = Now + PathMtus.Lifetime;
        Assert.Equal(1420, _paths.To(later, Host(1)));
        _paths.Learn(later, Host(1), 1300);
        Assert.Equal(1300, _paths.To(later, Host(1)));
    }

    [Fact]
    public void Oldest_gives_way_when_there_are_too_many()
    {
        for (var i = 0; i <= PathMtus.Capacity; i++)
        {
            _paths.Learn(Now + TimeSpan.FromSeconds(i == 7 ? 0 : 1), Host(i), 1200);
        }

        Assert.Equal(PathMtus.Capacity, _paths.Count);
        Assert.Equal((1420, 1200), (_paths.To(Now, Host(7)), _paths.To(Now, Host(PathMtus.Capacity))));
    }

    private static IpAddress Host(int number) => IpAddress.From(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]));
}
