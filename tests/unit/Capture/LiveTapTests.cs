using PacketDotNet;
using SharpPcap;

namespace Onetun.Capture.Tests;

/// <summary>A live tap as a device, and packet by packet; what it does on threads is in <see cref="LiveTapCaptureTests"/>.</summary>
[Collection(Alone.Name)]
public sealed class LiveTapTests
{
    private static readonly byte[] Tcp = SamplePackets.Tcp(40000, 80, "ping");
    private static readonly byte[] Udp = SamplePackets.Udp6(53, 5353, "pong");

    private readonly ShownTaps _tunnel = new();

    [Fact]
    public void It_is_a_live_device_of_raw_ip()
    {
        using ILiveDevice device = _tunnel.Create();
        Assert.Equal(("test", "Live tap of packets inside the tunnel"), (device.Name, device.Description));
        Assert.Equal((LinkLayers.Raw, TimestampResolution.Nanosecond), (device.LinkType, device.TimestampResolution));
        Assert.Equal((false, null, null, null), (device.Started, device.Filter, device.LastError, device.MacAddress));
        Assert.Equal(TimeSpan.FromSeconds(1), device.StopCaptureTimeout);
    }

    [Theory]
    [InlineData(TapLayers.Inner, "packets inside the tunnel")]
    [InlineData(TapLayers.Outer, "WireGuard's datagrams outside the tunnel")]
    [InlineData(TapLayers.Inner | TapLayers.Outer, "packets inside the tunnel and WireGuard's datagrams outside")]
    public void A_device_says_which_layers_it_has(TapLayers layers, string words)
    {
        using var tap = _tunnel.Create(layers);
        using var writer = new PcapWriter(Stream.Null, "test", new PcapOptions { Format = PcapFileFormat.Pcapng, Layers = layers });
        Assert.Equal(($"Live tap of {words}", $"pcapng file of {words}"), (tap.Description, writer.Description));
    }

    [Theory, InlineData(TapLayers.None), InlineData(TapLayers.Keys), InlineData(TapLayers.Inner | TapLayers.Keys)]
    public void Layers_without_packets_are_refused(TapLayers layers) => Assert.Throws<ArgumentException>(() => _tunnel.Create(layers));

    [Fact]
    public void It_watches_while_it_is_open()
    {
        using var tap = _tunnel.Create();
        Assert.Equal(0, _tunnel.Count);
        for (var i = 0; i < 2; i++)
        {
            tap.Open();
            tap.Open();
            Assert.Equal(1, _tunnel.Count);
            tap.Close();
            tap.Close();
            Assert.Equal(0, _tunnel.Count);
        }
    }

    [Fact]
    public void One_that_cannot_watch_is_not_open()
    {
        using var tap = new LiveTap("test", _ => throw new ObjectDisposedException("tunnel"));
        Assert.Throws<ObjectDisposedException>(() => tap.Open());
        Assert.Throws<InvalidOperationException>(() => tap.GetNextPacket(out _));
    }

    [Fact]
    public void One_that_is_closed_while_it_opens_does_not_go_on_watching()
    {
        using var tap = _tunnel.Create();
        _tunnel.Adding = tap.Close;
        tap.Open();
        Assert.Equal(0, _tunnel.Count);
    }

    [Theory, InlineData(0), InlineData(-1)]
    public void A_buffer_has_bytes(int size)
    {
        using var tap = _tunnel.Create();
        Assert.Throws<ArgumentOutOfRangeException>(() => tap.Open(new DeviceConfiguration { BufferSize = size }));
        Assert.Throws<ArgumentOutOfRangeException>(() => tap.Open(new DeviceConfiguration { KernelBufferSize = size }));
        Assert.Equal(0, _tunnel.Count);
    }

    [Fact]
    public void A_packet_comes_out_with_its_bytes_its_time_to_the_tick_and_its_direction()
    {
        using var tap = _tunnel.Open(TapLayers.Inner | TapLayers.Outer);
        _tunnel.Show(new TappedPacket(ShownTaps.Noon, PacketDirection.Outbound, Tcp));
        _tunnel.Show(new TappedPacket(ShownTaps.Noon.AddTicks(1), PacketDirection.Inbound, Udp) { IsOuter = true });

        Assert.Equal(GetPacketStatus.PacketRead, tap.GetNextPacket(out var capture));
        var header = Assert.IsType<TapHeader>(capture.Header);
        Assert.Equal((ShownTaps.Noon, PacketDirection.Outbound, false, Tcp.Length), Parts(header));
        Assert.Equal((1732968000.1234567m, 123456ul), (header.Timeval.Value, header.Timeval.MicroSeconds));
        Assert.Equal(ShownTaps.Noon, header.Timeval.Date);
        Assert.Equal(Tcp, capture.Data.ToArray());
        Assert.Same(tap, capture.Device);
        Assert.Equal(40000, capture.GetPacket().GetPacket().Extract<TcpPacket>().SourcePort);

        Assert.Equal(GetPacketStatus.PacketRead, tap.GetNextPacket(out capture));
        header = Assert.IsType<TapHeader>(capture.Header);
        Assert.Equal((ShownTaps.Noon.AddTicks(1), PacketDirection.Inbound, true, Udp.Length), Parts(header));
        Assert.Equal(ShownTaps.Noon.AddTicks(1), header.Timeval.Date);
    }

    [Theory, InlineData(30, 30), InlineData(65536, 44), InlineData(0, 44), InlineData(-5, 44)]
    public void A_packet_is_cut_to_the_snap_length_and_says_how_long_it_was(int snapLength, int kept)
    {
        using var tap = _tunnel.Open(snapLength: snapLength);
        _tunnel.Show(Tcp);
        Assert.Equal(GetPacketStatus.PacketRead, tap.GetNextPacket(out var capture));
        Assert.Equal(Tcp[..kept], capture.Data.ToArray());
        Assert.Equal(Tcp.Length, Assert.IsType<TapHeader>(capture.Header).PacketLength);
    }

    [Fact]
    public void The_longest_packet_and_an_empty_one_pass()
    {
        using var tap = _tunnel.Open();
        var longest = new byte[65535];
        Random.Shared.NextBytes(longest);
        _tunnel.Show(longest);
        _tunnel.Show(ReadOnlySpan<byte>.Empty);
        Assert.Equal([longest, []], Drain(tap));
    }

    [Fact]
    public void Bytes_are_good_until_the_next_call_whatever_passes_meanwhile()
    {
        using var tap = _tunnel.Open(buffer: 1000);
        _tunnel.Show(Tcp);
        Assert.Equal(GetPacketStatus.PacketRead, tap.GetNextPacket(out var capture));
        for (var i = 0; i < 100; i++)
        {
            _tunnel.Show(Udp);
        }

        Assert.Equal(Tcp, capture.Data.ToArray());
    }

    [Fact]
    public void Filter_lets_through_what_it_says_from_when_it_is_set()
    {
        using var tap = _tunnel.Open();
        _tunnel.Show(Udp);
        tap.Filter = "tcp port 80";
        _tunnel.Show(Udp);
        _tunnel.Show(Tcp);
        tap.Filter = "";
        _tunnel.Show(Udp);
        tap.Filter = "tcp port 81";
        _tunnel.Show(Tcp);
        tap.Filter = null;
        _tunnel.Show(Tcp);
        Assert.Equal([Udp, Tcp, Udp, Tcp], Drain(tap));
        Assert.Equal(4u, tap.Statistics!.ReceivedPackets);
    }

    [Fact]
    public void A_bad_filter_is_refused_with_what_is_wrong_and_changes_nothing()
    {
        using var tap = _tunnel.Open();
        tap.Filter = "tcp";
        Assert.False(PacketFilter.TryParse("tcp port https", out _, out var fault));
        var error = Assert.Throws<FormatException>(() => tap.Filter = "tcp port https");
        Assert.Equal((fault.Message, fault.Message, "tcp"), (error.Message, tap.LastError, tap.Filter));
    }

    [Fact]
    public void A_filter_may_be_set_before_it_is_open_and_stays()
    {
        using var tap = _tunnel.Create();
        tap.Filter = "udp";
        for (var i = 0; i < 2; i++)
        {
            tap.Open(new DeviceConfiguration { ReadTimeout = -1 });
            _tunnel.Show(Tcp);
            _tunnel.Show(Udp);
            Assert.Equal([Udp], Drain(tap));
            tap.Close();
        }
    }

    [Fact]
    public void A_datagram_is_judged_by_what_it_carries_and_one_that_carries_nothing_is_kept()
    {
        using var tap = _tunnel.Open(TapLayers.Outer);
        tap.Filter = "tcp";
        _tunnel.Show(new TappedPacket(ShownTaps.Noon, PacketDirection.Inbound, Udp) { IsOuter = true, Carried = Tcp });
        _tunnel.Show(new TappedPacket(ShownTaps.Noon, PacketDirection.Inbound, Tcp) { IsOuter = true, Carried = Udp });
        _tunnel.Show(new TappedPacket(ShownTaps.Noon, PacketDirection.Inbound, Udp.AsSpan(..40)) { IsOuter = true });
        Assert.Equal([Udp, Udp[..40]], Drain(tap));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void What_finds_no_room_is_dropped_whole_and_counted(bool asOnWindows)
    {
        using var tap = _tunnel.Create();
        tap.Open(asOnWindows
            ? new DeviceConfiguration { ReadTimeout = -1, KernelBufferSize = 400 }
            : new DeviceConfiguration { ReadTimeout = -1, BufferSize = 400 });
        for (byte i = 0; i < 10; i++)
        {
            _tunnel.Show([.. Enumerable.Repeat(i, 50)]);
        }

        // Each half of the buffer holds 200 bytes, and a packet needs 17 more than it has
        Assert.Equal((10u, 8u, 0u), Counts(tap));
        Assert.Equal([0, 1], Drain(tap).Select(packet => (int)packet[0]));
        _tunnel.Show([42]);
        Assert.Equal([42], Assert.Single(Drain(tap)));
        Assert.Equal((11u, 8u, 0u), Counts(tap));
    }

    [Fact]
    public void Statistics_outlive_the_device_and_begin_anew_when_it_is_opened()
    {
        using var tap = _tunnel.Open();
        _tunnel.Show(Tcp);
        tap.Close();
        _tunnel.Show(Tcp);
        tap.OnPacket(new TappedPacket(ShownTaps.Noon, PacketDirection.Inbound, Tcp));
        Assert.Equal((1u, 0u, 0u), Counts(tap));
        tap.Open();
        Assert.Equal((0u, 0u, 0u), Counts(tap));
    }

    [Theory, InlineData(-1), InlineData(1)]
    public void Without_a_packet_the_read_timeout_ends_a_call(int readTimeout)
    {
        using var tap = _tunnel.Open(readTimeout: readTimeout);
        Assert.Equal(GetPacketStatus.ReadTimeout, tap.GetNextPacket(out var capture));
        Assert.True(capture.Data.IsEmpty);
        _tunnel.Show(Tcp);
        Assert.Equal(GetPacketStatus.PacketRead, tap.GetNextPacket(out _));
    }

    [Theory, InlineData(0), InlineData(60_000)]
    public async Task A_call_that_waits_takes_the_packet_that_comes(int readTimeout)
    {
        using var tap = _tunnel.Open(readTimeout: readTimeout);
        var read = Task.Run(() => (Status: tap.GetNextPacket(out var capture), Bytes: capture.Data.ToArray()));
        _tunnel.Show(Tcp);
        var (status, bytes) = await read.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(GetPacketStatus.PacketRead, status);
        Assert.Equal(Tcp, bytes);
    }

    [Fact]
    public void Only_an_open_device_reads_captures_and_sends()
    {
        using var tap = _tunnel.Open();
        tap.OnPacketArrival += (_, _) => { };
        tap.Close();
        tap.OnPacketArrival += (_, _) => { };
        Assert.Throws<InvalidOperationException>(() => tap.GetNextPacket(out _));
        Assert.Throws<InvalidOperationException>(tap.StartCapture);
        Assert.Throws<InvalidOperationException>(tap.Capture);
        Assert.Throws<InvalidOperationException>(() => tap.SendPacket(Tcp));
        Assert.False(tap.Started);
    }

    [Fact]
    public void What_it_sends_goes_into_the_tunnel()
    {
        using var tap = _tunnel.Open();
        tap.SendPacket(Tcp);
        IInjectionDevice device = tap;
        device.SendPacket(new RawCapture(LinkLayers.Raw, new PosixTimeval(5, 6), Udp));
        Assert.Equal([Tcp, Udp], _tunnel.Sent);
    }

    [Fact]
    public void Datagrams_cannot_be_sent()
    {
        using var outer = _tunnel.Open(TapLayers.Outer);
        Assert.Throws<NotSupportedException>(() => outer.SendPacket(Tcp));
        using var deaf = new LiveTap("test", _ => new MemoryStream());
        deaf.Open();
        Assert.Throws<NotSupportedException>(() => deaf.SendPacket(Tcp));
    }

    [Fact]
    public async Task A_writer_keeps_all_that_a_tap_tells_of_a_packet()
    {
        var file = new MemoryStream();
        var both = TapLayers.Inner | TapLayers.Outer;
        await using (var writer = new PcapWriter(file, "test", new PcapOptions { Format = PcapFileFormat.Pcapng, Layers = both }))
        {
            using var tap = _tunnel.Open(both, snapLength: 30);
            _tunnel.Show(new TappedPacket(ShownTaps.Noon, PacketDirection.Outbound, Tcp));
            _tunnel.Show(new TappedPacket(ShownTaps.Noon.AddTicks(1), PacketDirection.Inbound, Udp) { IsOuter = true });
            Pipe(tap, writer);
        }

        var packets = PcapngFile.Read(file.ToArray()).Packets;
        Assert.Equal(
            [(0, ShownTaps.Noon, 2u, Tcp.Length), (1, ShownTaps.Noon.AddTicks(1), 1u, Udp.Length)],
            packets.Select(packet => (packet.Interface, packet.Time, packet.Flags!.Value, packet.OriginalLength)));
        Assert.Equal([Tcp[..30], Udp[..30]], packets.Select(packet => packet.Bytes));
    }

    [Fact]
    public async Task A_writer_of_one_layer_takes_datagrams_as_the_packets_that_they_are()
    {
        var file = new MemoryStream();
        await using (var writer = new PcapWriter(file, "test", new PcapOptions { Format = PcapFileFormat.Pcapng }))
        {
            using var tap = _tunnel.Open(TapLayers.Outer);
            _tunnel.Show(new TappedPacket(ShownTaps.Noon, PacketDirection.Inbound, Udp) { IsOuter = true });
            Pipe(tap, writer);
        }

        Assert.Equal(0, Assert.Single(PcapngFile.Read(file.ToArray()).Packets).Interface);
    }

    [Fact]
    public void Nothing_is_allocated_per_packet_where_packets_pass()
    {
        using var tap = _tunnel.Open(buffer: 1 << 20);
        tap.Filter = "tcp or udp";
        _tunnel.Show(Tcp);
        Assert.Equal(0, Allocation.LeastOf(() =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                _tunnel.Show(Tcp);
            }
        }));
    }

    private static (DateTime Time, PacketDirection Direction, bool IsOuter, int Length) Parts(TapHeader header) =>
        (header.Timestamp, header.Direction, header.IsOuter, header.PacketLength);

    private static (uint Received, uint Dropped, uint InterfaceDropped) Counts(LiveTap tap)
    {
        var statistics = tap.Statistics!;
        return (statistics.ReceivedPackets, statistics.DroppedPackets, statistics.InterfaceDroppedPackets);
    }

    private static List<byte[]> Drain(LiveTap tap)
    {
        var packets = new List<byte[]>();
        while (tap.GetNextPacket(out var capture) == GetPacketStatus.PacketRead)
        {
            packets.Add(capture.Data.ToArray());
        }

        return packets;
    }

    private static void Pipe(LiveTap from, PcapWriter into)
    {
        while (from.GetNextPacket(out var capture) == GetPacketStatus.PacketRead)
        {
            into.SendPacket(capture.Data, capture.Header);
        }
    }
}
