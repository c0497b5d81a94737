using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.Capture;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Diagnostics;
using Onetun.Forwarder.Logging;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Resources;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class ForwarderMeterTests
{
    [Fact]
    public void What_a_forwarder_has_carried_and_survived_is_counted()
    {
        var state = new State();
        state.Traffic.Start();
        state.Traffic.AddDown(4711);
        using var meter = new ForwarderMeter(state);
        var text = PrometheusText.Of(meter);
        Assert.Contains("onetun_faults_total{} 2\n", text);
        Assert.Contains("onetun_drops_total{layer=\"wireguard\",direction=\"inbound\",reason=\"replayed_packet\"} 3\n", text);
        Assert.Contains("onetun_forward_bytes_down_total{kind=\"UDP\",source=\"127.0.0.1:53\",destination=\"10.0.0.1:53\"} 4711\n", text);
    }

    [Fact]
    public void The_figures_of_a_scrape_are_all_of_one_look_at_the_tunnel()
    {
        var state = new State();
        using var meter = new ForwarderMeter(state);
        PrometheusText.Of(meter);
        Assert.Equal(1, state.Looks);
    }

    private sealed class State : IForwarderState
    {
        public Traffic Traffic { get; } = new();

        public int Looks { get; private set; }

        public IReadOnlyList<PeerStatistics> Peers => [];

        public IEnumerable<Carried> Carried =>
            [new Carried("UDP", new IPEndPoint(IPAddress.Loopback, 53), IPEndPoint.Parse("10.0.0.1:53"), Traffic)];

        public DescriptorBudget Descriptors { get; } = new(NullLogger.Instance);

        public TunnelStatistics Statistics
        {
            get
            {
                Looks++;
                return new TunnelStatistics
                {
                    Peers = [],
                    Received = new Dictionary<DatagramOutcome, long>(),
                    Sent = new Dictionary<SendOutcome, long>(),
                    Stack = new NetStack.IpStackStatistics(),
                    Drops = [new Drop(DropLayer.WireGuard, PacketDirection.Inbound, "replayed_packet", 3)],
                    Faults = 2,
                };
            }
        }

        public Readiness Readiness => new(Peers, IsReached: false);

        public ProcessStatus Status => throw new NotSupportedException();

        public IReadOnlyList<LogLine> Lines => [];

        public IReadOnlyList<TcpConnectionStatistics> GetTcpConnections(int most) => [];
    }
}
