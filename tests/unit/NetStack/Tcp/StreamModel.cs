using System.Buffers;
using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>
/// Two connections, an application at each end that does as it likes, and a network and a clock that do their worst for
/// a while and then behave. The model is two counters: what was written, and what was read.
/// </summary>
internal sealed class StreamModel
{
    private readonly Random _random;
    private readonly PriorityQueue<(End To, byte[] Packet), (TimeSpan At, long Order)> _flying = new();
    private readonly byte[] _buffer = new byte[2048];
    private readonly int _rough; // Packets until the network behaves
    private readonly End _client;
    private readonly End _server;
    private TimeSpan _now;
    private long _packets;
    private int _jumps = 2;

    public StreamModel(int seed)
    {
        _random = new Random(seed);
        _now = TimeSpan.FromSeconds(_random.Next(1, 1_000_000));
        _rough = _random.Next(20, 400);
        _client = new End(_random, "client", Path());
        _server = new End(_random, "server", Path());
        (_client.Peer, _server.Peer) = (_server, _client);
        FlowKey flow = _random.Next(2) == 0
            ? new(Address("10.0.0.2"), Address("10.0.0.1"), 40_000, 80)
            : new(Address("fd00::2"), Address("fd00::1"), 40_000, 80);
        _client.Connection = TcpConnection.Open(_now, _client.Settings, flow, _client.Initial, _client.StampOffset);
    }

    /// <summary>Plays until both ends have read everything and have closed.</summary>
    public void Run()
    {
        var steps = 0;
        while (!_client.IsDone || !_server.IsDone)
        {
            if (++steps >= 20_000)
            {
                Assert.Fail($"no end in sight: {_client}, {_server}");
            }

            Transmit(_client, _server);
            Transmit(_server, _client);
            Step();
            if (_client.HasMissed || _server.HasMissed)
            {
                return; // No handshake came about in its time
            }
        }
    }

    private void Step()
    {
        var next = _client.NextTime < _server.NextTime ? _client.NextTime : _server.NextTime;
        next = _flying.TryPeek(out _, out var arrival) && arrival.At < next ? arrival.At : next;
        if (next == TimeSpan.MaxValue)
        {
            Assert.Fail($"nothing will ever happen again: {_client}, {_server}");
        }

        _now = next > _now ? next : _now;
        if (_jumps > 0 && _packets < _rough && _random.Next(100) == 0)
        {
            _jumps--;
            _now += TimeSpan.FromSeconds(Math.Pow(10, 2.5 * _random.NextDouble())); // The machine slept
        }

        while (_flying.TryPeek(out var packet, out arrival) && arrival.At <= _now)
        {
            _flying.Dequeue();
            Deliver(packet.To, packet.Packet);
        }

        _client.Act(_now);
        _server.Act(_now);
    }

    private void Deliver(End to, byte[] packet)
    {
        if (SegmentReader.TryRead(packet, out var segment) != ReadResult.Ok)
        {
            return;
        }

        if (to.Connection is null && segment.Has(TcpFlags.Syn))
        {
            to.Connection = TcpConnection.Accept(_now, to.Settings, segment, to.Initial, to.StampOffset);
        }
        else if (to.Connection is { } connection && segment.Flow == connection.Flow)
        {
            connection.OnSegment(_now, segment);
        }
    }

    private void Transmit(End from, End to)
    {
        while (from.Connection is { } connection && connection.TryTransmit(_now, _buffer, out var length))
        {
            if (++_packets == _rough)
            {
                from.Link.Options = to.Link.Options = new LinkOptions();
            }

            Assert.True(_packets < 50_000, "it never stops talking");
            foreach ((var at, var packet) in from.Link.Carry(_now, _buffer.AsSpan(0, length)))
            {
                _flying.Enqueue((to, packet), (at, _packets));
            }
        }
    }

    private LinkOptions Path() => new()
    {
        Rate = Sometimes(1e5 * Math.Pow(10, 3 * _random.NextDouble())),
        QueueLimit = _random.Next(5_000, 100_000),
        MarkLimit = _random.Next(20_000),
        Delay = TimeSpan.FromMilliseconds(0.1 * Math.Pow(10, 3.5 * _random.NextDouble())),
        Loss = Sometimes(0.3 * _random.NextDouble()),
        Duplication = Sometimes(0.3 * _random.NextDouble()),
        Corruption = Sometimes(0.1 * _random.NextDouble()),
        Reordering = Sometimes(_random.NextDouble()),
        ReorderingDelay = TimeSpan.FromMilliseconds(0.1 * Math.Pow(10, 3.5 * _random.NextDouble())),
    };

    private double Sometimes(double value) => _random.Next(2) == 0 ? value : 0;

    private static IpAddress Address(string text) => IpAddress.From(IPAddress.Parse(text));

    /// <summary>A connection's end and its application.</summary>
    internal sealed class End
    {
        private readonly Random _random;
        private readonly string _name;
        private readonly long _toWrite;
        private readonly double _eagerness; // Chance to do something whenever there is a chance
        private TimeSpan _wake;
        private long _read;
        private bool _readToEnd;
        private bool _closed;
        private bool _running;

        public End(Random random, string name, LinkOptions path)
        {
            (_random, _name) = (random, name);
            Link = new Link(path, random);
            _toWrite = random.Next(random.Next(16) == 0 ? 100_000 : 10_000);
            _eagerness = random.NextDouble();
            Initial = random.Next(2) == 0 ? uint.MaxValue - (uint)random.Next(10_000) : (uint)random.Next(); // Wraps
            StampOffset = random.Next(2) == 0 ? uint.MaxValue - (uint)random.Next(10_000) : (uint)random.Next();
            var mtu = random.Next(576, 1501);
            Settings = new TcpSettings(
                new TcpOptions
                {
                    Timestamps = random.Next(2) == 0,
                    CongestionControl = (CongestionControl)random.Next(Enum.GetValues<CongestionControl>().Length),
                    Pacing = random.Next(2) == 0,
                    ExplicitCongestionNotification = random.Next(2) == 0,
                    InitialReceiveBuffer = random.Next(1_000, 100_000),
                    Socket = new TcpSocketOptions { MaxReceiveBuffer = random.Next(2) == 0 ? 100_000 : 1 << 20 },
                    InitialSendBuffer = random.Next(1_000, 100_000),
                },
                mtu,
                new Loopback(new HashSet<IpAddress>()));
        }

        public Link Link { get; }

        public TcpSettings Settings { get; }

        public uint Initial { get; }

        public uint StampOffset { get; }

        public TcpConnection? Connection { get; set; }

        public End? Peer { get; set; }

        public bool HasMissed => !_running && Connection?.End == TcpEnd.TimedOut;

        public bool IsDone => _readToEnd && Connection!.State is TcpState.Closed or TcpState.TimeWait;

        public TimeSpan NextTime
        {
            get
            {
                var wake = HasWork ? _wake : TimeSpan.MaxValue;
                return Connection is null ? TimeSpan.MaxValue : Connection.NextTimeout < wake ? Connection.NextTimeout : wake;
            }
        }

        private bool HasWork => _running && (Connection!.Receiver.Buffer.Readable > 0
            || (Connection.InputEnded && !_readToEnd)
            || (Written < _toWrite ? IsWritable && Connection.CanWrite() : !_closed));

        private bool IsWritable => Connection!.State is TcpState.Established or TcpState.CloseWait;

        private long Written => Connection!.Sender.Buffer.End;

        public void Act(TimeSpan now)
        {
            if (Connection is null)
            {
                return;
            }

            Connection.OnTimeout(now);
            Connection.TakeEvents();
            if (!Connection.IsSynchronized && !_running)
            {
                return;
            }

            if (!_running || now >= _wake)
            {
                // Mostly soon, at times only after a second
                _running = true;
                _wake = now + TimeSpan.FromMilliseconds(Math.Pow(10, 3 * _random.NextDouble()));
            }
            else if (_random.NextDouble() > _eagerness)
            {
                return;
            }

            Write();
            Read(now);
        }

        public override string ToString() => $"{_name} {Connection?.State} {Connection?.End} read {_read}, "
            + (Connection is null ? "nothing" : $"wrote {Written} of {_toWrite}, {Connection.Sender.Unacknowledged} acknowledged");

        // Each direction of each game has bytes of its own
        private byte ByteAt(long position) => (byte)(ScriptPeer.Pattern(position) ^ Initial);

        private void Write()
        {
            if (Written < _toWrite && IsWritable && Connection!.CanWrite())
            {
                var count = (int)Math.Min(_random.Next(1, 5000), _toWrite - Written);
                var room = Connection.Sender.Buffer.Reserve(count).Span[..count];
                for (var i = 0; i < count; i++)
                {
                    room[i] = ByteAt(Written + i);
                }

                Connection.Sender.Buffer.Commit(count);
            }
            else if (Written == _toWrite && !_closed)
            {
                _closed = true;
                Connection!.CloseOutput();
            }
        }

        private void Read(TimeSpan now)
        {
            var buffer = Connection!.Receiver.Buffer;
            if (buffer.Readable > 0 && _random.Next(4) > 0)
            {
                var count = _random.Next(2) == 0 ? buffer.Readable : _random.NextInt64(buffer.Readable + 1);
                Assert.Equal(_read, buffer.Start);
                foreach (var memory in buffer.Read().Slice(0, count))
                {
                    foreach (var b in memory.Span)
                    {
                        // Not Assert.True: to make its message for each of 150 million bytes takes ten seconds
                        if (b != Peer!.ByteAt(_read))
                        {
                            Assert.Fail($"{_name} read a wrong byte at {_read}");
                        }

                        _read++;
                    }
                }

                Connection.Consume(now, buffer.Start + count, wantsMore: _random.Next(8) == 0);
            }

            if (!_readToEnd && Connection.InputEnded && buffer.Readable == 0)
            {
                Assert.True(Connection.End is TcpEnd.None or TcpEnd.Graceful, $"ended badly: {this}");
                Assert.True(_read == Peer!._toWrite, $"ended early: {this}");
                _readToEnd = true;
            }
        }
    }
}
