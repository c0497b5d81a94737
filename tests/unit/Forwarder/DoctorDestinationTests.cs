using System.Net;
using Onetun.Forwarder.Doctor;
using Onetun.Tunnel;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class DoctorDestinationTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Ways => new()
    {
        { DoctorPeer.OurV4.ToString(), DoctorPeer.V4.ToString() },
        { DoctorPeer.OurV6.ToString(), DoctorPeer.V6.ToString() },
    };

    [Theory, MemberData(nameof(Ways))]
    public async Task A_port_that_is_listened_on_is_open(string source, string destination)
    {
        await using var peer = await DoctorPeer.StartAsync();
        await using var listener = peer.Tunnel.ListenTcp(80);
        Assert.Matches($@"^TCP {At(destination, 80).Replace("[", @"\[")}: open, after \d+ ms$", (await ConnectAsync(peer, source, At(destination, 80), Long)).Text);
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task A_port_that_nobody_has_is_refused(string source, string destination)
    {
        await using var peer = await DoctorPeer.StartAsync();
        var finding = await ConnectAsync(peer, source, At(destination, 81), Long);
        Assert.Equal(Verdict.Problem, finding.Verdict);
        Assert.Equal($"TCP {At(destination, 81)}: refused by {destination}", finding.Text);
    }

    [Fact]
    public async Task A_host_that_is_not_there_does_not_answer_and_the_advice_names_our_address()
    {
        await using var peer = await DoctorPeer.StartAsync();
        var finding = await ConnectAsync(peer, "192.168.4.3", "192.168.4.9:80", TimeSpan.FromSeconds(0.2));
        Assert.Equal("TCP 192.168.4.9:80: no answer to SYN", finding.Text);
        Assert.Contains("192.168.4.3", finding.Advice);
    }

    [Theory, MemberData(nameof(Ways))]
    public async Task Packets_of_the_full_MTU_come_back(string source, string destination)
    {
        await using var peer = await DoctorPeer.StartAsync();
        Assert.Equal(
            $"MTU to {destination}: packets of 1420 bytes come back", (await MeasureAsync(peer, source, destination, Long)).Text);
    }

    // A multiple of 16, and 32 bytes around it; an outer path of 1,280 has room for 1,252 in a datagram
    [Theory]
    [InlineData(1424, 1392)]
    [InlineData(1252, 1216)]
    public async Task A_way_that_loses_long_packets_is_told_with_the_longest_that_passes(int longest, int passes)
    {
        await using var peer = await DoctorPeer.StartAsync(longest: longest);
        var options = peer.Options with { Addresses = [DoctorPeer.OurV4] };
        var finding = await MeasureAsync(peer, "192.168.4.3", "192.168.4.2", TimeSpan.FromSeconds(3), options);
        Assert.Equal(Verdict.Problem, finding.Verdict);
        Assert.EndsWith($"the longest that did had {passes}", finding.Text);
        Assert.Contains($"--max-transmission-unit {passes}", finding.Advice);
    }

    [Fact]
    public async Task With_an_IPv6_address_inside_no_MTU_is_advised_that_it_forbids()
    {
        await using var peer = await DoctorPeer.StartAsync(longest: 1252);
        var finding = await MeasureAsync(peer, "192.168.4.3", "192.168.4.2", TimeSpan.FromSeconds(3));
        Assert.Equal((Verdict.Note, null), (finding.Verdict, finding.Advice));
        Assert.Contains("the longest that did had 1216. With an IPv6 address inside", finding.Text);
    }

    [Fact]
    public async Task A_host_that_does_not_answer_ping_is_no_problem()
    {
        await using var peer = await DoctorPeer.StartAsync();
        var finding = await MeasureAsync(peer, "192.168.4.3", "192.168.4.9", TimeSpan.FromSeconds(0.2));
        Assert.Equal(Verdict.Note, finding.Verdict);
    }

    private static string At(string address, int port) => new IPEndPoint(IPAddress.Parse(address), port).ToString();

    private static async Task<Finding> ConnectAsync(DoctorPeer peer, string source, string destination, TimeSpan patience)
    {
        await using var tunnel = await OpenAsync(peer);
        return await new TcpCheck(tunnel, IPAddress.Parse(source), IPEndPoint.Parse(destination)).RunAsync(patience, Cancellation);
    }

    private static async Task<Finding> MeasureAsync(
        DoctorPeer peer, string source, string destination, TimeSpan patience, TunnelOptions? options = null)
    {
        await using var tunnel = await OpenAsync(peer);
        return await new MtuCheck(tunnel, IPAddress.Parse(source), IPAddress.Parse(destination), options ?? peer.Options)
            .RunAsync(patience, Cancellation);
    }

    private static async Task<ProbeTunnel> OpenAsync(DoctorPeer peer)
    {
        var tunnel = new ProbeTunnel(peer.Options, peer.Peer);
        Assert.Equal(HandshakeEnding.Answered, (await tunnel.ShakeHandsAsync(Long, Cancellation)).Ending);
        return tunnel;
    }
}
