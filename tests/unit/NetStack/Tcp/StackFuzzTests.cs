using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>
/// A peer that sends plausible nonsense to a connection, whatever its state: nothing throws, nothing spins, no storm of
/// answers follows, and everything ends. The seeds are fixed.
/// </summary>
public sealed class StackFuzzTests
{
    [Fact]
    public void Random_segments_near_the_window_do_no_harm()
    {
        for (var seed = 1; seed <= 150; seed++)
        {
            new Attack(seed).Run(400);
        }
    }

    private sealed class Attack
    {
        private static readonly IpAddress Own = IpAddress.From(IPAddress.Parse("10.0.0.1"));
        private static readonly IpAddress Peer = IpAddress.From(IPAddress.Parse("10.0.0.9"));

        private readonly Random _random;
        private readonly IpStack _stack;
        private readonly byte[] _buffer = new byte[2048];
        private readonly byte[] _options = new byte[40];
        private readonly ListenQueue? _listener;
        private TcpConnection? _connection;
        private readonly FlowKey _flow;
        private readonly TcpHeaderTemplate _template;
        private TimeSpan _now = TimeSpan.FromHours(1);
        private uint _ours;
        private uint _theirs = uint.MaxValue - 3000;
        private uint _stamp = 1;

        public Attack(int seed)
        {
            _random = new Random(seed);
            _stack = new IpStack(new IpStackOptions
            {
                Addresses = [Own.ToIPAddress()],
                Secret = new byte[32],
                Tcp = new TcpOptions
                {
                    InitialReceiveBuffer = 16_384,
                    Timestamps = _random.Next(2) == 0,
                    Socket = new TcpSocketOptions
                    {
                        MaxReceiveBuffer = 65_536,
                        Nagle = _random.Next(4) == 0,
                        KeepAlive = TimeSpan.FromSeconds(_random.Next(100)),
                        UserTimeout = TimeSpan.FromSeconds(_random.Next(2) * _random.Next(100)),
                    },
                },
            });
            if (_random.Next(2) == 0)
            {
                _listener = _stack.Listen(80);
                _flow = new FlowKey(Own, Peer, 80, 4000);
            }
            else
            {
                _connection = _stack.Connect(_now, Peer, 80);
                _flow = _connection!.Flow;
            }

            _template = new TcpHeaderTemplate(_flow.Reversed);
        }

        public void Run(int steps)
        {
            Open();
            for (var i = 0; i < steps; i++)
            {
                switch (_random.Next(10))
                {
                    case 0:
                        Application();
                        break;
                    case 1:
                        Advance(TimeSpan.FromMilliseconds(_random.Next(1, 400)));
                        break;
                    case 3 when _random.Next(3) == 0:
                        Error();
                        break;
                    case 2 when _random.Next(10) == 0:
                        Advance(TimeSpan.FromSeconds(_random.Next(1, 70)));
                        break;
                    default:
                        Segment();
                        break;
                }
            }

            _stack.AbortAll();
            Drain();
            Assert.Equal(0, _stack.ConnectionCount);
            Assert.Equal(TimeSpan.MaxValue, _stack.NextTimeout);
        }

        // Most attacks begin with an honest handshake
        private void Open()
        {
            Drain();
            if (_random.Next(10) == 0)
            {
                return;
            }

            var length = TcpOptionWriter.WriteSyn(_options, 1300, _random.Next(-1, 15), _random.Next(2) == 0, _random.Next(2) == 0, _stamp, 0);
            var syn = _listener is null ? TcpFlags.Syn | TcpFlags.Ack : TcpFlags.Syn;
            Send(_theirs++, _ours, syn, _options.AsSpan(0, length), 0);
            if (_listener is not null)
            {
                Send(_theirs, _ours, TcpFlags.Ack, [], 0);
            }
        }

        private void Application()
        {
            if (_connection is null && (_listener is null || !_listener.TryAccept(out _connection)))
            {
                return;
            }

            switch (_random.Next(12))
            {
                case 0:
                    _connection.CloseOutput();
                    break;
                case 1 when _random.Next(4) == 0:
                    _connection.Orphan(_now);
                    break;
                case 2 when _random.Next(8) == 0:
                    _connection.IgnoreInput(_now);
                    break;
                case 3 or 4 or 5 or 6 when _connection.State is TcpState.SynSent or TcpState.Established or TcpState.CloseWait:
                    _connection.Sender.Buffer.Reserve(3000);
                    _connection.Sender.Buffer.Commit(_random.Next(1, 3000));
                    _connection.Flush();
                    break;
                default:
                    var buffer = _connection.Receiver.Buffer;
                    _connection.Consume(_now, buffer.Start + _random.NextInt64(buffer.Readable + 1), wantsMore: _random.Next(2) == 0);
                    break;
            }
            Drain();
        }

        private void Segment()
        {
            var flags = _random.Next(6) == 0 ? (TcpFlags)_random.Next(64) : TcpFlags.Ack;
            var sequence = _theirs + (uint)Offset();
            var acknowledgment = _ours + (uint)Offset();
            var payload = _random.Next(3) == 0 ? 0 : _random.Next(1301);
            _stamp += (uint)_random.Next(-2, 20);
            var options = Options(acknowledgment);
            Send(sequence, acknowledgment, flags, _options.AsSpan(0, options), payload);
            if (_random.Next(2) == 0 && sequence == _theirs)
            {
                _theirs += (uint)payload;
            }
        }

        // A router has something to say about something that may be on its way
        private void Error()
        {
            var ours = new TcpHeaderTemplate(_flow);
            var quoted = new byte[40];
            ours.Write(quoted, _ours - (uint)_random.Next(5000), 0, TcpFlags.Ack, 0, [], 0, 0);
            var code = (byte)(_random.Next(3) == 0 ? _random.Next(16) : 4); // Mostly packet too big
            _stack.Receive(_now, IcmpPackets.Message(_flow, IcmpType.Unreachable, code, (uint)_random.Next(1500), quoted));
            Drain();
        }

        private int Options(uint acknowledgment)
        {
            var length = _random.Next(2) == 0 ? TcpOptionWriter.WriteTimestamp(_options, _stamp, (uint)_random.Next()) : 0;
            var blocks = new SackBlock[_random.Next(4)];
            for (var i = 0; i < blocks.Length; i++)
            {
                var left = acknowledgment + (uint)Offset();
                blocks[i] = new SackBlock(left, left + (uint)_random.Next(-100, 5000));
            }

            return length + TcpOptionWriter.WriteSack(_options.AsSpan(length), blocks);
        }

        private int Offset() => _random.Next(6) switch
        {
            0 => _random.Next(-70_000, 140_000),
            1 => _random.Next(-3000, 3000),
            2 => _random.Next(-2, 3),
            _ => 0,
        };

        private void Send(uint sequence, uint acknowledgment, TcpFlags flags, ReadOnlySpan<byte> options, int payload)
        {
            var packet = new byte[40 + options.Length + payload];
            _template.Write(packet, sequence, acknowledgment, flags, (ushort)_random.Next(65_536), options, payload, 0);
            _stack.Receive(_now, packet);
            Drain();
        }

        private void Advance(TimeSpan time)
        {
            var end = _now + time;
            while (_stack.NextTimeout <= end)
            {
                _now = _stack.NextTimeout > _now ? _stack.NextTimeout : _now;
                _stack.OnTimeout(_now);
                Drain();
                Assert.True(_stack.NextTimeout > _now);
            }

            _now = end;
        }

        private void Drain()
        {
            var packets = 0;
            while (_stack.TryTransmit(_now, _buffer, out var length))
            {
                Assert.True(++packets < 10_000, "it never stops talking");
                Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(_buffer.AsSpan(0, length), out var segment));
                if (segment.Flow == _flow.Reversed && !segment.Has(TcpFlags.Rst))
                {
                    _ours = segment.End;
                }
            }

            while (_stack.TryTakeEvents(out _, out _))
            {
            }

            Assert.True(_stack.ConnectionCount <= 2);
        }
    }
}
