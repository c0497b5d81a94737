using System.Buffers;
using System.Globalization;
using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>
/// Plays one connection of a stack against a trace. Each line is a time in seconds (<c>0.25</c>, <c>+0.1</c> after the
/// line before, or nothing for the same moment) and then
/// <list type="bullet">
/// <item><c>&lt; segment</c>: the peer's segment arrives;</item>
/// <item><c>&gt; segment</c>: the stack sends this, now, and nothing before it;</item>
/// <item><c>&gt;&gt; 1..3501</c>: it sends this run in segments of 1000 bytes, and the rest; <c>ect0</c> may follow;</item>
/// <item>a call of the application: <c>connect</c>, <c>listen</c>, <c>unlisten</c>, <c>accept</c> (another one), <c>write 500</c>, <c>read 500</c>,
/// <c>close</c> (half), <c>ignore</c> input, <c>dispose</c>, <c>abort</c>;</item>
/// <item>a look at the connection: <c>state Established</c>, <c>readable 500</c>, <c>ended Reset</c>, <c>inputended</c>,
/// <c>connections 1</c>, <c>window 10000</c> (that of congestion), <c>room</c> or <c>full</c> for the writer,
/// <c>told Readable</c> (what the application was told since the last look), <c>quiet</c> (nothing was sent up to
/// now);</item>
/// <item><c>icmp 3 4 800 1001</c>: an error of that type and code comes, with 800 in its last field, about our segment at
/// 1001;</item>
/// <item><c>block</c> and <c>unblock</c>: in between nobody asks the stack for output.</item>
/// </list>
/// Whatever the stack sends must be in the script. The stack's side of the segments is written in <see cref="ScriptPeer"/>.
/// </summary>
internal sealed class TcpScript
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(1);

    /// <summary>Our numbers, as the peer's, begin shortly before the wrap, so that every script crosses it.</summary>
    private const uint Initial = uint.MaxValue - 700;

    private readonly IpStack _stack;
    private readonly FlowKey _flow;
    private readonly byte[] _buffer = new byte[2048];
    private readonly Queue<(TimeSpan At, byte[] Packet)> _sent = [];
    private ScriptPeer _peer;
    private ListenQueue? _listener;
    private TcpConnection? _connection;
    private TimeSpan _epoch = TimeSpan.FromHours(1);
    private TimeSpan _now = TimeSpan.FromHours(1);
    private TcpEvents _told;
    private bool _blocked;
    private string _line = "";

    public TcpScript(Func<TcpOptions, TcpOptions>? configure = null, bool ipv6 = false, int mtu = 1040)
    {
        var local = IPAddress.Parse(ipv6 ? "fd00::1" : "10.0.0.1");
        var remote = IPAddress.Parse(ipv6 ? "fd00::9" : "10.0.0.9");
        var tcp = new TcpOptions
        {
            Socket = new() { KeepAlive = TimeSpan.Zero },
            Timestamps = false,
            Pacing = false,
        };
        _stack = new IpStack(new IpStackOptions
        {
            Addresses = [local],
            Secret = new byte[32],
            Mtu = mtu,
            Tcp = configure?.Invoke(tcp) ?? tcp,
        });
        _flow = new FlowKey(IpAddress.From(local), IpAddress.From(remote), 80, 40_000);
        _peer = new ScriptPeer(_flow.Reversed);
    }

    public TcpConnection Connection => _connection ?? throw new InvalidOperationException("there is no connection yet");

    public IpStack Stack => _stack;

    /// <summary>A connection that the peer opened, with segments of 1000 bytes; the round trip took 0.1 s, and it is 0.1 s.</summary>
    public static TcpScript Accepted(
        string synOptions = "mss 1000",
        string ackOptions = "",
        Func<TcpOptions, TcpOptions>? configure = null,
        int mtu = 1040) =>
        new TcpScript(configure, mtu: mtu).Run($"""
            0     listen
                  < SYN 0 {synOptions}
                  > SYN+ACK 0 ack 1
            0.1   < ACK 1 ack 1 {ackOptions}
                  state Established
            """);

    /// <summary>The same, opened by us.</summary>
    public static TcpScript Connected(string synOptions = "mss 1000", Func<TcpOptions, TcpOptions>? configure = null) =>
        new TcpScript(configure).Run($"""
            0     connect
                  > SYN 0
            0.1   < SYN+ACK 0 ack 1 {synOptions}
                  > ACK 1 ack 1
                  state Established
            """);

    public TcpScript Run(string script)
    {
        foreach (var line in script.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            _line = line;
            var words = line.Split("//")[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 0)
            {
                Play(words);
            }
        }

        AssertQuiet();
        return this;
    }

    /// <summary>Gives the connection other options, and goes on.</summary>
    public TcpScript Then(Func<TcpSocketOptions, TcpSocketOptions> change, string script)
    {
        Connection.Configure(change(Connection.Options));
        Drain();
        return Run(script);
    }

    private void Play(ReadOnlySpan<string> words)
    {
        var at = _now;
        if (char.IsAsciiDigit(words[0][0]) || words[0][0] == '+')
        {
            var time = TimeSpan.FromSeconds(double.Parse(words[0], CultureInfo.InvariantCulture));
            at = words[0][0] == '+' ? _now + time : _epoch + time;
            words = words[1..];
        }

        AdvanceTo(at);
        if (words[0] == ">")
        {
            Expect(at, ScriptSegment.Parse(words[1..]));
            return;
        }

        if (words[0] == ">>")
        {
            ExpectRun(at, words[1].Split(".."), words[2..]);
            return;
        }

        AssertQuiet();
        if (words[0] == "<")
        {
            _stack.Receive(_now, _peer.Write(ScriptSegment.Parse(words[1..])));
        }
        else
        {
            Perform(words);
        }

        Drain();
    }

    private void Perform(ReadOnlySpan<string> words)
    {
        switch (words[0])
        {
            case "connect":
                StartBeforeWrap(new IpStack(_stack.Options).Connect(_now, _flow.Remote, _flow.RemotePort)!.Flow);
                _connection = _stack.Connect(_now, _flow.Remote, _flow.RemotePort);
                _peer = new ScriptPeer(Connection.Flow.Reversed);
                break;
            case "listen":
                StartBeforeWrap(_flow);
                _listener = _stack.Listen(_flow.LocalPort);
                break;
            case "unlisten":
                _stack.StopListening(_listener!);
                break;
            case "accept":
                Assert.True(_listener!.TryAccept(out _connection), $"'{_line}', but there is none");
                break;
            case "connections":
                Assert.Equal(Number(words[1]), _stack.ConnectionCount);
                break;
            case "quiet":
                break;
            case "block" or "unblock":
                _blocked = words[0] == "block";
                break;
            case "icmp":
                var about = _peer.Quote(Number(words[4]));
                _stack.Receive(_now, IcmpPackets.Message(
                    Connection.Flow, (byte)Number(words[1]), (byte)Number(words[2]), (uint)Number(words[3]), about));
                break;
            case "told":
                Assert.True(_told == Enum.Parse<TcpEvents>(words[1]), $"'{_line}', but it was {_told}");
                _told = TcpEvents.None;
                break;
            default:
                PerformOnConnection(words);
                break;
        }
    }

    private void PerformOnConnection(ReadOnlySpan<string> words)
    {
        switch (words[0])
        {
            case "write":
                Write(Number(words[1]));
                break;
            case "read":
                Read(Number(words[1]));
                break;
            case "close":
                Connection.CloseOutput();
                break;
            case "ignore":
                Connection.IgnoreInput(_now);
                break;
            case "dispose":
                Connection.Orphan(_now);
                break;
            case "abort":
                Connection.Abort();
                break;
            case "state":
                Assert.True(Connection.State == Enum.Parse<TcpState>(words[1]), $"'{_line}', but it is {Connection.State}");
                break;
            case "ended":
                Assert.True(Connection.End == Enum.Parse<TcpEnd>(words[1]), $"'{_line}', but it is {Connection.End}");
                break;
            case "readable":
                Assert.True(
                    Connection.Receiver.Buffer.Readable == Number(words[1]),
                    $"'{_line}', but it is {Connection.Receiver.Buffer.Readable}");
                break;
            case "room" or "full":
                Assert.True(Connection.CanWrite() == (words[0] == "room"), $"'{_line}', but it is not");
                break;
            case "window":
                Assert.True(
                    Connection.Sender.Congestion.Window == Number(words[1]),
                    $"'{_line}', but it is {Connection.Sender.Congestion.Window}");
                break;
            case "inputended":
                Assert.True(Connection.InputEnded, $"'{_line}', but there may be more");
                break;
            default:
                throw new FormatException($"'{_line}' says nothing");
        }
    }

    private void Write(int count)
    {
        var buffer = Connection.Sender.Buffer;
        var room = buffer.Reserve(count).Span;
        for (var i = 0; i < count; i++)
        {
            room[i] = ScriptPeer.Pattern(buffer.End + 1 + i);
        }

        buffer.Commit(count);
        Connection.Flush();
    }

    private void Read(int count)
    {
        var buffer = Connection.Receiver.Buffer;
        Assert.True(buffer.Readable >= count, $"'{_line}', but only {buffer.Readable} are there");
        var place = buffer.Start + 1;
        foreach (var b in buffer.Read().Slice(0, count).ToArray())
        {
            Assert.True(ScriptPeer.Pattern(place) == b, $"'{_line}': byte {place} is wrong");
            place++;
        }

        Connection.Consume(_now, buffer.Start + count, wantsMore: false);
    }

    private void Expect(TimeSpan at, ScriptSegment expected)
    {
        if (_sent.Count == 0)
        {
            AdvanceTo(at + Tolerance);
        }

        Assert.True(_sent.Count > 0, $"'{_line}': nothing was sent");
        (var when, var packet) = _sent.Dequeue();
        var difference = _peer.Compare(expected, packet);
        Assert.True(difference is null, $"'{_line}': {difference} at {(when - _epoch).TotalSeconds}");
        Assert.True((when - at).Duration() <= Tolerance, $"'{_line}': it was sent at {(when - _epoch).TotalSeconds}");
    }

    private void ExpectRun(TimeSpan at, string[] run, ReadOnlySpan<string> each)
    {
        for (int start = Number(run[0]), end = Number(run[1]); start < end; start += 1000)
        {
            Expect(at, ScriptSegment.Parse(["ACK", $"{start}..{Math.Min(start + 1000, end)}", .. each]));
        }
    }

    private void AssertQuiet() => Assert.True(
        _sent.Count == 0,
        _sent.Count == 0 ? "" : $"'{_line}': not in the script: {_peer.Describe(_sent.Peek().Packet)} at {(_sent.Peek().At - _epoch).TotalSeconds}");

    private void AdvanceTo(TimeSpan time)
    {
        while (_stack.NextTimeout <= time)
        {
            _now = _stack.NextTimeout > _now ? _stack.NextTimeout : _now;
            _stack.OnTimeout(_now);
            Drain();
            Assert.True(_stack.NextTimeout > _now, $"'{_line}': a deadline is still due after it was served");
        }

        _now = time > _now ? time : _now;
    }

    private void StartBeforeWrap(FlowKey flow)
    {
        if (_now == _epoch)
        {
            var sequence = new FlowSecret(_stack.Options.Secret.Span).Initial(_now, flow).Sequence;
            _epoch = _now += TimeSpan.FromMicroseconds(4L * (Initial - sequence));
        }
    }

    private void Drain()
    {
        while (!_blocked && _stack.TryTransmit(_now, _buffer, out var length))
        {
            _sent.Enqueue((_now, _buffer[..length]));
        }

        while (_stack.TryTakeEvents(out _, out var events))
        {
            _told |= events;
        }

        if (_connection is null && _listener?.TryAccept(out var accepted) == true)
        {
            _connection = accepted;
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
