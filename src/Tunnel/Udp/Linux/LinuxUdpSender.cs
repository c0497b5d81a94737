using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>The sending side: runs of a batch become segmented messages, and one sendmmsg takes many of them.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LinuxUdpSender(bool ipv6, bool segmentation, bool waitsForRoom, int mostMessages)
{
    // A full socket buffer holds up the whole tunnel: 40 ms of patience a batch, then a datagram is lost as on any
    // congested path.
    private const int MaxWaits = 4;
    private const int WaitMilliseconds = 10;

    private readonly MessageVector _messages = new(mostMessages, ipv6);
    private readonly int[] _runs = new int[mostMessages];
    private readonly SegmentationPolicy _policy = new(segmentation);
    private UdpSendCounters _counters;
    private TimeSpan _now;
    private int _plainUntil;

    public UdpSendCounters Counters => _counters;

    public bool Segmentation => _policy.Enabled;

    public unsafe void Send(int socket, DatagramBatch batch)
    {
        var waits = 0;
        var first = 0;
        _plainUntil = 0;
        _now = Clock.Now;
        while (first < batch.Count)
        {
            var messages = Prepare(batch, first);
            if (messages == 0)
            {
                _counters.Fail(UdpSendFailure.Unreachable, 1);
                first++;
                continue;
            }
            var sent = Libc.SendMessages(socket, _messages.Pointer, (uint)messages, Libc.MsgDontWait);
            _counters.SystemCalls++;
            first = sent > 0
                ? Sent(batch, first, sent)
                : Failed(socket, batch, first, Marshal.GetLastPInvokeError(), ref waits);
        }
    }

    /// <summary>Lays out messages from a datagram on, until the vector is full or one cannot be addressed.</summary>
    private unsafe int Prepare(DatagramBatch batch, int first)
    {
        var messages = 0;
        while (first < batch.Count && messages < _runs.Length)
        {
            ref readonly var destination = ref batch.EndPointOf(first);
            if (!_messages.TrySetDestination(messages, destination))
            {
                break;
            }
            var run = RunFrom(batch, first, destination);
            _messages.SetPayload(messages, batch.AddressOf(first), batch.LengthOf(first, run));
            _messages.SetControl(messages, destination, run > 1 ? batch.LengthOf(first) : 0, batch.EcnOf(first));
            _runs[messages++] = run;
            first += run;
        }
        return messages;
    }

    private int RunFrom(DatagramBatch batch, int first, in UdpEndPoint destination) =>
        first >= _plainUntil && _policy.Allows(destination, batch.LengthOf(first), _now)
            ? SegmentRun.Count(batch, first, SegmentRun.MaxBytes(destination))
            : 1;

    private int Sent(DatagramBatch batch, int first, int messages)
    {
        for (var i = 0; i < messages; i++)
        {
            var run = _runs[i];
            _counters.Datagrams += run;
            _counters.Bytes += batch.LengthOf(first, run);
            _counters.Trains += run > 1 ? 1 : 0;
            first += run;
        }
        return first;
    }

    /// <summary>The first message failed. Returns where to go on.</summary>
    private int Failed(int socket, DatagramBatch batch, int first, int errno, ref int waits)
    {
        var run = _runs[0];
        if (errno == Errno.Interrupted)
        {
            return first;
        }
        if (run > 1 && _policy.Refused(errno, batch.EndPointOf(first), batch.LengthOf(first), _now))
        {
            _counters.RefusedTrains++;
            _plainUntil = first + run;
            return first;
        }
        if (Errno.IsOfSource(errno) && batch.EndPointOf(first).Source != default)
        {
            batch.RefuseSource(first);
            return first;
        }
        if (Errno.IsCongestion(errno) && waitsForRoom && waits < MaxWaits)
        {
            waits++;
            var entry = new PollEntry { Descriptor = socket, Events = Libc.PollOut };
            Libc.Poll(ref entry, 1, WaitMilliseconds);
            _counters.SystemCalls++;
            return first;
        }
        _counters.Fail(Errno.Classify(errno), run);
        return first + run;
    }
}
