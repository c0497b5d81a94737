using Microsoft.Extensions.Time.Testing;
using Onetun.Capture;
using Onetun.Forwarder.Hosting;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class RecordingTests
{
    [Fact]
    public async Task A_reader_that_has_stopped_holds_the_end_up_for_a_second()
    {
        var (time, log) = (new FakeTimeProvider(), new TestLog());
        using var stalled = new StalledStream();
        var recording = new Recording(new PcapWriter(stalled, "pipe"), log, time);
        var ending = recording.DisposeAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(1));
        await ending;
        Assert.Equal(["Capture to pipe ended: it does not take the rest"], log.Lines);
        stalled.GoOn();
    }

    private sealed class StalledStream : MemoryStream
    {
        private readonly ManualResetEventSlim _goingOn = new();

        public void GoOn() => _goingOn.Set();

        public override void Write(ReadOnlySpan<byte> buffer) => _goingOn.Wait();
    }
}
