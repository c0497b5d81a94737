using Onetun.NetStack;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.NetStack;

/// <summary>
/// Some flows, and an attacker who knows all of their numbers and their secret: mostly honest segments, so that every state
/// is come to, and then lies about one thing or another, one packet at a time or several before the stack may answer.
/// </summary>
internal sealed class TcpGame : StackGame
{
    private const ushort Port = 80;
    private const int MaxReceiveBuffer = 65_536;

    private readonly List<AttackedFlow> _flows = [];
    private readonly SegmentForge _forge = new();
    private ListenQueue _listener = null!;

    public override void Begin(Dice dice)
    {
        var secret = dice.Bytes(32);
        Start(dice, new IpStackOptions
        {
            Addresses = [Own4.ToIPAddress(), Own6.ToIPAddress()],
            Secret = secret,
            Mtu = dice.Pick(576, 1280, 1420, 1500),
            Tcp = new TcpOptions
            {
                InitialReceiveBuffer = dice.Pick(1000, 16_384, MaxReceiveBuffer),
                InitialSendBuffer = dice.Pick(1000, 32_768),
                Timestamps = dice.OneIn(2),
                CongestionControl = Enum.GetValues<CongestionControl>()[dice.Next(Enum.GetValues<CongestionControl>().Length)],
                Pacing = dice.OneIn(2),
                ExplicitCongestionNotification = dice.OneIn(2),
                Socket = new TcpSocketOptions
                {
                    MaxReceiveBuffer = MaxReceiveBuffer,
                    MaxSendBuffer = 131_072,
                    Nagle = dice.OneIn(4),
                    KeepAlive = TimeSpan.FromSeconds(dice.Next(2) * dice.Next(100)),
                    UserTimeout = TimeSpan.FromSeconds(dice.Next(2) * dice.Next(100)),
                },
                Backlog = dice.Pick(1, 2, 16),
                MaxConnections = dice.Pick(3, 64),
            },
        });
        _listener = Stack.Listen(Port)!;
        Known.Add((4, Peer4));
        Known.Add((6, Peer6));
        for (ushort port = 4000; port < 4003; port++)
        {
            _flows.Add(new AttackedFlow(dice, new FlowKey(Own4, Peer4, Port, port)));
        }

        _flows.Add(new AttackedFlow(dice, new FlowKey(Own6, Peer6, Port, 4000)));
        _forge.Secret = new FlowSecret(secret);
    }

    public override void Step(Dice dice)
    {
        switch (dice.Next(16))
        {
            case 0 or 1 or 2:
                Application.Act(dice, Now, SomeConnection(dice));
                break;
            case 3:
                Connect(dice);
                break;
            case 4:
                Advance(TimeSpan.FromMilliseconds(dice.Next(1, 400)));
                break;
            case 5 when dice.OneIn(6):
                Advance(TimeSpan.FromSeconds(dice.Next(1, 130)));
                break;
            case 6:
                _listener.TryAccept(out _);
                break;
            default:
                Batch(dice, dice.OneIn(2) ? 1 : dice.Next(2, 8));
                break;
        }

        if (!dice.OneIn(4))
        {
            Drain(); // else the next step comes first
        }

        CheckAll();
    }

    protected override void OnSent(in TcpSegment segment)
    {
        var key = segment.Flow.Reversed;
        foreach (var flow in _flows)
        {
            if (flow.Key == key)
            {
                flow.OnSent(segment);
                return;
            }
        }
    }

    private void Batch(Dice dice, int packets)
    {
        var flow = _flows[dice.Next(_flows.Count)];
        for (; packets > 0; packets--)
        {
            flow = dice.OneIn(4) ? _flows[dice.Next(_flows.Count)] : flow;
            if (dice.OneIn(16))
            {
                Receive(_forge.Error(dice, flow));
            }
            else
            {
                Receive(_forge.Segment(dice, Now, flow));
            }

            flow.Check(Stack.Find(flow.Key), MaxReceiveBuffer);
        }
    }

    private void Connect(Dice dice)
    {
        if (_flows.Count >= 7)
        {
            _flows.RemoveAll(flow => flow.Key.LocalPort != Port && flow.Connection is null);
        }

        if (_flows.Count < 7 && Stack.Connect(Now, dice.OneIn(2) ? Peer4 : Peer6, (ushort)dice.Next(8000, 8003)) is { } connection)
        {
            _flows.Add(new AttackedFlow(dice, connection.Flow));
            Story?.Add($"  connect {connection.Flow}");
        }
    }

    private TcpConnection? SomeConnection(Dice dice) => _flows[dice.Next(_flows.Count)].Connection;

    private void CheckAll()
    {
        foreach (var flow in _flows)
        {
            flow.Check(Stack.Find(flow.Key), MaxReceiveBuffer);
        }

        Require(Stack.ConnectionCount <= Stack.Options.Tcp.MaxConnections, "there are no more connections than may be");
    }
}
