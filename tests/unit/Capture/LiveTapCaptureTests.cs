using System.Collections.Concurrent;
using SharpPcap;

namespace Onetun.Capture.Tests;

/// <summary>Captures of a live tap: how they begin, what handlers may do, how they end, and that they do so while packets pass.</summary>
public sealed class LiveTapCaptureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ShownTaps _tunnel = new();
    private readonly BlockingCollection<(byte Packet, Thread Thread)> _handled = [];
    private readonly BlockingCollection<CaptureStoppedEventStatus> _ends = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, InlineData(true), InlineData(false)]
    public void Packets_reach_the_handlers_in_order_on_one_thread_of_the_device(bool atOnce)
    {
        using var tap = _tunnel.Create();
        tap.Open(new DeviceConfiguration { Immediate = atOnce, BufferSize = 4000 });
        Handle(tap);
        Show(1);
        tap.StartCapture();
        Assert.True(tap.Started);
        Show(2, 3);
        var handled = Take(3);
        Show(4);
        handled.AddRange(Take(1));
        Assert.Equal([1, 2, 3, 4], handled.Select(one => one.Packet));
        Assert.NotEqual(Thread.CurrentThread, Assert.Single(handled.Select(one => one.Thread).Distinct()));
    }

    [Fact]
    public async Task A_wait_for_more_ends_when_the_buffer_is_half_full()
    {
        var inbox = new PacketInbox(capacity: 400, snapLength: 100, linger: TimeSpan.FromDays(1));
        var run = new CaptureRun(inbox);
        var wait = Task.Run(() => inbox.Wait(run), Cancellation);
        for (var i = 0; i < 3; i++)
        {
            inbox.Add(new TappedPacket(ShownTaps.Noon, PacketDirection.Inbound, new byte[40]));
        }

        Assert.True(await wait.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task A_wait_for_more_ends_when_the_capture_does()
    {
        var inbox = new PacketInbox(capacity: 400, snapLength: 100, linger: TimeSpan.FromDays(1));
        var run = new CaptureRun(inbox);
        var wait = Task.Run(() => inbox.Wait(run), Cancellation);
        inbox.Add(new TappedPacket(ShownTaps.Noon, PacketDirection.Inbound, new byte[40]));
        run.Stop();
        await wait.WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public void A_capture_needs_a_handler()
    {
        using var tap = _tunnel.Open();
        Assert.Throws<InvalidOperationException>(tap.StartCapture);
        Assert.Throws<InvalidOperationException>(tap.Capture);
        Assert.False(tap.Started);
    }

    [Fact]
    public void A_second_start_is_the_same_capture_and_a_second_one_on_a_caller_is_refused()
    {
        using var tap = Start();
        tap.StartCapture();
        Assert.Throws<InvalidOperationException>(tap.Capture);
        Assert.Throws<InvalidOperationDuringBackgroundCaptureException>(() => tap.GetNextPacket(out _));
        Show(1, 2);
        Take(2);
        tap.StopCapture();
        Assert.Equal(CaptureStoppedEventStatus.CompletedWithoutError, Assert.Single(_ends));
        Assert.Empty(_handled);
    }

    [Fact]
    public void After_a_stop_no_handler_is_called_until_the_next_start_which_begins_with_what_waits()
    {
        using var tap = Start();
        for (byte i = 0; i < 3; i++)
        {
            Show(i);
            Take(1);
            tap.StopCapture();
            Assert.False(tap.Started);
            Show((byte)(i + 100));
            Assert.Empty(_handled);
            tap.StartCapture();
            Assert.Equal(i + 100, Take(1)[0].Packet);
        }

        Assert.Equal(3, _ends.Count);
    }

    [Fact]
    public void Packets_that_wait_can_be_read_after_a_stop()
    {
        using var tap = Start();
        tap.StopCapture();
        Show(7);
        Assert.Equal(GetPacketStatus.PacketRead, tap.GetNextPacket(out var capture));
        Assert.Equal(7, capture.Data[0]);
    }

    [Fact]
    public void A_handler_that_throws_ends_the_capture_and_nothing_else()
    {
        using var tap = _tunnel.Open();
        tap.OnPacketArrival += (_, capture) =>
        {
            if (capture.Data[0] == 2)
            {
                throw new InvalidDataException("broken");
            }
        };
        Handle(tap);
        tap.StartCapture();
        Show(1, 2, 3);
        Assert.Equal(CaptureStoppedEventStatus.ErrorWhileCapturing, TakeEnd());
        Assert.Equal((false, "broken"), (tap.Started, tap.LastError));
        Assert.Equal(1, Assert.Single(Take(1)).Packet);
        Assert.Empty(_handled);

        tap.StartCapture();
        Assert.Equal(3, Take(1)[0].Packet);
        Assert.Equal((3u, 0u), (tap.Statistics!.ReceivedPackets, tap.Statistics.DroppedPackets));
    }

    [Fact]
    public void A_capture_on_a_caller_ends_in_the_same_way_when_a_handler_throws()
    {
        using var tap = _tunnel.Open();
        Handle(tap);
        tap.OnPacketArrival += (_, _) => throw new InvalidDataException("broken");
        Show(1);
        tap.Capture();
        Assert.Equal(CaptureStoppedEventStatus.ErrorWhileCapturing, TakeEnd());
        Assert.Equal((false, "broken"), (tap.Started, tap.LastError));
    }

    [Fact]
    public void A_handler_of_the_end_that_throws_ends_nothing_else()
    {
        using var tap = Start();
        tap.OnCaptureStopped += (_, _) => throw new InvalidDataException("broken");
        tap.StopCapture();
        Assert.Equal("broken", tap.LastError);
        tap.StartCapture();
        Show(1);
        Take(1);
    }

    [Fact]
    public void A_capture_can_begin_anew_where_its_end_is_heard_of()
    {
        using var tap = _tunnel.Open();
        var failures = 0;
        tap.OnPacketArrival += (_, _) =>
        {
            if (failures++ < 3)
            {
                throw new InvalidDataException("broken");
            }
        };
        tap.OnCaptureStopped += (_, status) =>
        {
            if (status == CaptureStoppedEventStatus.ErrorWhileCapturing)
            {
                tap.StartCapture();
            }
        };
        Handle(tap);
        tap.StartCapture();
        Show(1, 2, 3, 4);
        Assert.Equal(4, Take(1)[0].Packet);
    }

    [Fact]
    public void A_capture_on_a_caller_lasts_until_a_handler_stops_it()
    {
        using var tap = _tunnel.Open();
        Handle(tap);
        tap.OnPacketArrival += (_, capture) =>
        {
            Assert.True(tap.Started);
            if (capture.Data[0] == 2)
            {
                tap.StopCapture();
            }
        };
        Show(1, 2, 3);
        tap.Capture();
        Assert.Equal(CaptureStoppedEventStatus.CompletedWithoutError, Assert.Single(_ends));
        Assert.Equal([1, 2], Take(2).Select(one => one.Packet));
        Assert.All(_handled, one => Assert.Equal(Thread.CurrentThread, one.Thread));
        Assert.Empty(_handled);
        Assert.Null(tap.LastError);
    }

    [Fact]
    public async Task A_capture_on_a_caller_lasts_until_another_thread_closes_the_device()
    {
        using var tap = _tunnel.Open();
        Handle(tap);
        Show(1);
        var capture = Task.Run(tap.Capture, Cancellation);
        Take(1);
        tap.Close();
        await capture.WaitAsync(Patience, Cancellation);
        Assert.Equal(CaptureStoppedEventStatus.CompletedWithoutError, TakeEnd());
    }

    [Fact]
    public void A_handler_may_close_the_device()
    {
        using var tap = _tunnel.Open();
        Handle(tap);
        tap.OnPacketArrival += (_, _) => tap.Close();
        tap.StartCapture();
        Show(1, 2);
        Assert.Equal(CaptureStoppedEventStatus.CompletedWithoutError, TakeEnd());
        Assert.Equal((false, 0), (tap.Started, _tunnel.Count));
        Take(1);
        Assert.Empty(_handled);
    }

    [Fact]
    public void A_handler_that_does_not_return_holds_up_neither_a_stop_nor_the_tunnel_and_no_capture_begins_meanwhile()
    {
        using var release = new ManualResetEventSlim();
        using var tap = _tunnel.Open();
        tap.StopCaptureTimeout = TimeSpan.FromMilliseconds(1);
        Handle(tap);
        tap.OnPacketArrival += (_, _) => release.Wait(Cancellation);
        tap.StartCapture();
        Show(1);
        Take(1);
        tap.StopCapture();
        Show(2, 3);
        Assert.True(tap.Started);
        Assert.Throws<InvalidOperationException>(tap.StartCapture);
        Assert.Throws<InvalidOperationDuringBackgroundCaptureException>(() => tap.GetNextPacket(out _));

        release.Set();
        Assert.Equal(CaptureStoppedEventStatus.CompletedWithoutError, TakeEnd());
        tap.StartCapture();
        Assert.Equal([2, 3], Take(2).Select(one => one.Packet));
    }

    [Fact]
    public async Task A_call_that_waits_for_a_packet_ends_when_the_device_is_closed()
    {
        using var tap = _tunnel.Open(readTimeout: 0);
        using var calling = new ManualResetEventSlim();
        var read = Task.Run(
            () =>
            {
                calling.Set();
                return tap.GetNextPacket(out _);
            },
            Cancellation);
        calling.Wait(Cancellation);
        tap.Close();
        try
        {
            Assert.Equal(GetPacketStatus.NoRemainingPackets, await read.WaitAsync(Patience, Cancellation));
        }
        catch (InvalidOperationException)
        {
            // It had not begun to wait yet
        }
    }

    [Fact]
    public void A_closed_device_has_no_handlers_of_packets()
    {
        using var tap = Start();
        tap.Close();
        tap.Open();
        Assert.Throws<InvalidOperationException>(tap.StartCapture);
    }

    [Fact]
    public void Starts_and_stops_while_packets_pass_lose_none_and_none_comes_twice_or_late()
    {
        const int threads = 3;
        const int packets = 20_000;
        using var tap = _tunnel.Create();
        tap.Open(new DeviceConfiguration { ReadTimeout = -1, BufferSize = 2 * threads * packets * 60 });
        var (seen, isStopped) = (new int[threads], true);
        tap.OnPacketArrival += (_, capture) =>
        {
            Assert.False(Volatile.Read(ref isStopped));
            See(capture.Data);
        };
        tap.OnCaptureStopped += (_, status) => _ends.Add(status, Cancellation);
        var passing = Enumerable.Range(0, threads).Select(thread => Task.Run(() => Pass((byte)thread), Cancellation)).ToArray();
        var captures = 0;
        do
        {
            Volatile.Write(ref isStopped, false);
            tap.StartCapture();
            Thread.Yield();
            tap.StopCapture();
            Volatile.Write(ref isStopped, true);
            captures++;
        }
        while (!Task.WhenAll(passing).IsCompleted);
        Assert.Equal((null, 0u), (tap.LastError, tap.Statistics!.DroppedPackets));
        while (tap.GetNextPacket(out var rest) == GetPacketStatus.PacketRead)
        {
            See(rest.Data);
        }

        Assert.Equal(Enumerable.Repeat(packets, threads), seen);
        Assert.Equal(threads * (uint)packets, tap.Statistics.ReceivedPackets);
        Assert.Equal(Enumerable.Repeat(CaptureStoppedEventStatus.CompletedWithoutError, captures), _ends);

        void Pass(byte thread)
        {
            Span<byte> packet = stackalloc byte[40];
            packet[0] = thread;
            for (var i = 0; i < packets; i++)
            {
                BitConverter.TryWriteBytes(packet[1..], i);
                _tunnel.Show(packet);
            }
        }

        void See(ReadOnlySpan<byte> packet) => Assert.Equal(seen[packet[0]]++, BitConverter.ToInt32(packet[1..]));
    }

    [Fact]
    public async Task Opening_and_closing_while_packets_pass_breaks_nothing()
    {
        using var end = new CancellationTokenSource();
        using var tap = _tunnel.Create();
        var passing = Task.Run(
            () =>
            {
                while (!end.IsCancellationRequested)
                {
                    tap.OnPacket(new TappedPacket(ShownTaps.Noon, PacketDirection.Inbound, [1, 2, 3]));
                }
            },
            Cancellation);
        for (var i = 0; i < 200; i++)
        {
            tap.Open(new DeviceConfiguration { BufferSize = 1 << 10 });
            Handle(tap);
            tap.StartCapture();
            tap.Close();
            Assert.Equal((false, 0), (tap.Started, _tunnel.Count));
        }

        await end.CancelAsync();
        await passing.WaitAsync(Patience, Cancellation);
        Assert.Null(tap.LastError);
    }

    private LiveTap Start()
    {
        var tap = _tunnel.Open();
        Handle(tap);
        tap.StartCapture();
        return tap;
    }

    private void Handle(LiveTap tap)
    {
        tap.OnPacketArrival += (_, capture) => _handled.Add((capture.Data[0], Thread.CurrentThread));
        tap.OnCaptureStopped += (_, status) => _ends.Add(status);
    }

    private void Show(params ReadOnlySpan<byte> packets)
    {
        foreach (var packet in packets)
        {
            _tunnel.Show([packet]);
        }
    }

    private List<(byte Packet, Thread Thread)> Take(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => _handled.TryTake(out var one, Patience) ? one : throw new TimeoutException("no packet"))];

    private CaptureStoppedEventStatus TakeEnd() => _ends.TryTake(out var end, Patience) ? end : throw new TimeoutException("no end");
}
