using Onetun.NetStack;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.NetStack;

/// <summary>A stack with a port of each kind, and packets from anybody to anybody. Nobody is answered who cannot have spoken.</summary>
internal sealed class IpGame : StackGame
{
    private const int MaxFlows = 4;

    private readonly List<UdpFlow> _flows = [];
    private ListenQueue _listener = null!;
    private UdpListenQueue _udp = null!;

    public override void Begin(Dice dice)
    {
        Start(dice, new IpStackOptions
        {
            Addresses = [Own4.ToIPAddress(), Own6.ToIPAddress()],
            Secret = dice.Bytes(32),
            Mtu = dice.Pick(1280, 1420),
            Tcp = new TcpOptions { MaxConnections = 8, Backlog = dice.Pick(1, 16) },
            Udp = new UdpOptions { MaxFlows = MaxFlows, ReceiveBuffer = 4096, Backlog = dice.Pick(1, 16) },
        });
        _listener = Stack.Listen(80)!;
        _udp = Stack.Udp.Listen(53)!;
    }

    public override void Step(Dice dice)
    {
        switch (dice.Next(12))
        {
            case 0:
                Advance(TimeSpan.FromMilliseconds(dice.OneIn(4) ? dice.Next(70_000) : dice.Next(1000)));
                break;
            case 1:
                UseUdp(dice);
                break;
            case 2:
                foreach (var piece in PacketForge.Pieces(dice, PacketForge.Packet(dice)))
                {
                    Take(piece);
                }

                break;
            case 3:
                if (_listener.TryAccept(out var connection))
                {
                    connection.Abort();
                }

                break;
            default:
                for (var packets = dice.OneIn(2) ? 1 : dice.Next(2, 8); packets > 0; packets--)
                {
                    Take(PacketForge.Damaged(dice));
                }

                break;
        }

        Drain();
        Require(Stack.ConnectionCount <= 8 && Stack.Udp.FlowCount <= MaxFlows, "there are no more flows than may be");
    }

    /// <summary>Who is what no packet's source can be has not spoken, whatever the packet says.</summary>
    private void Take(byte[] packet)
    {
        var version = packet.Length == 0 ? 0 : packet[0] >> 4;
        if (version == 4 && packet.Length >= IpHeader.Ipv4Length)
        {
            Note(version, IpAddress.ReadIpv4(packet.AsSpan(12)));
        }
        else if (version == 6 && packet.Length >= IpHeader.Ipv6Length)
        {
            Note(version, IpAddress.ReadIpv6(packet.AsSpan(8)));
        }

        Receive(packet);
    }

    private void Note(int version, IpAddress source)
    {
        if (version == (source.IsIPv4 ? 4 : 6)
            && !source.IsMulticast && !source.IsBroadcast && !source.IsLoopback && !source.IsUnspecified)
        {
            Known.Add((version, source));
        }
    }

    private void UseUdp(Dice dice)
    {
        while (_udp.TryAccept(out var accepted))
        {
            _flows.Add(accepted);
        }

        if (_flows.Count > 0)
        {
            var flow = _flows[dice.Next(_flows.Count)];
            if (flow.HasDatagram)
            {
                flow.Remove();
            }

            Stack.Udp.Send(flow, new byte[dice.Length(4000)]);
            if (dice.OneIn(4))
            {
                Stack.Udp.Close(flow);
                _flows.Remove(flow);
            }
        }
    }
}
