using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

public sealed class SegmentationPolicyTests
{
    private const int InputOutput = 5;
    private const int InvalidArgument = 22;
    private const int MessageTooLong = 90;
    private const int NoProtocolOption = 92;
    private const int NotSupported = 95;
    private const int NetworkUnreachable = 101;

    private static readonly UdpEndPoint There = new(1, 1);
    private static readonly TimeSpan Now = TimeSpan.FromDays(1);

    private readonly SegmentationPolicy _policy = new(enabled: true);

    [Theory, InlineData(InputOutput), InlineData(NoProtocolOption), InlineData(NotSupported)]
    public void Device_that_cannot_segment_turns_trains_off_for_good(int errno)
    {
        Assert.True(_policy.Refused(errno, There, 1452, Now));
        Assert.False(_policy.Enabled);
        Assert.False(_policy.Allows(new UdpEndPoint(2, 2), 1, Now + TimeSpan.FromDays(365)));
    }

    [Theory, InlineData(MessageTooLong), InlineData(InvalidArgument)]
    public void Refused_size_is_off_for_that_endpoint_and_upwards_only(int errno)
    {
        Assert.True(_policy.Refused(errno, There, 1452, Now));
        Assert.False(_policy.Allows(There, 1452, Now));
        Assert.False(_policy.Allows(There, 1500, Now));
        Assert.True(_policy.Allows(There, 1451, Now));
        Assert.True(_policy.Allows(new UdpEndPoint(1, 2), 1452, Now));
        Assert.True(_policy.Enabled);
    }

    [Fact]
    public void Smallest_refused_size_counts_until_it_is_forgotten()
    {
        _policy.Refused(MessageTooLong, There, 1200, Now);
        _policy.Refused(MessageTooLong, There, 1452, Now);
        Assert.False(_policy.Allows(There, 1200, Now));
        Assert.False(_policy.Allows(There, 1200, Now + SegmentationPolicy.Memory - TimeSpan.FromTicks(1)));
        Assert.True(_policy.Allows(There, 1200, Now + SegmentationPolicy.Memory));
    }

    [Fact]
    public void Error_of_the_network_says_nothing_about_trains()
    {
        Assert.False(_policy.Refused(NetworkUnreachable, There, 1452, Now));
        Assert.True(_policy.Allows(There, 1452, Now));
    }

    [Fact]
    public void Memory_is_bounded_and_the_latest_refusal_is_kept()
    {
        for (var i = 1; i <= 10_000; i++)
        {
            var endpoint = new UdpEndPoint((UInt128)i, 1);
            _policy.Refused(MessageTooLong, endpoint, 1452, Now);
            Assert.False(_policy.Allows(endpoint, 1452, Now));
        }
    }

    [Fact]
    public void Switched_off_allows_nothing() =>
        Assert.False(new SegmentationPolicy(enabled: false).Allows(There, 1, Now));
}
