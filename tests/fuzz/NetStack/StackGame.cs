using System.Net;
using System.Runtime.ExceptionServices;
using Onetun.NetStack;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.NetStack;

/// <summary>A stack under attack, and what holds of everything that leaves it.</summary>
internal abstract class StackGame : Game
{
    public static readonly IpAddress Own4 = IpAddress.From(IPAddress.Parse("10.0.0.1"));
    public static readonly IpAddress Own6 = IpAddress.From(IPAddress.Parse("fd00::1"));
    protected static readonly IpAddress Peer4 = IpAddress.From(IPAddress.Parse("10.0.0.9"));
    protected static readonly IpAddress Peer6 = IpAddress.From(IPAddress.Parse("fd00::9"));

    /// <summary>What an input may be answered with; buffers of 64 KiB in segments of 48 bytes are 1,400.</summary>
    private const int MaxOutput = 10_000;

    private readonly byte[] _buffer = new byte[2048];
    private readonly PacketReader _reader = new();

    protected IpStack Stack { get; private set; } = null!;

    protected TimeSpan Now { get; private set; }

    /// <summary>Who spoke, or was spoken to, in which version of IP: nobody else is ever sent anything.</summary>
    protected HashSet<(int Version, IpAddress Address)> Known { get; } = [];

    protected void Start(Dice dice, IpStackOptions options)
    {
        Now = TimeSpan.FromSeconds(dice.Next(1, 1_000_000));
        Stack = new IpStack(options);
        Story?.Add($"{options}");
    }

    public override void End()
    {
        Stack.AbortAll();
        Drain();
        Require(Stack.ConnectionCount == 0, "nothing is left when all is aborted");
        Advance(TimeSpan.FromMinutes(5)); // fragments wait for a minute at most
        Require(Stack.NextTimeout == TimeSpan.MaxValue, "nothing is due when nothing is left");
    }

    /// <summary>What the stack caught, to lose a connection or a packet alone.</summary>
    protected void ThrowFaults()
    {
        if (Stack.TryTakeFault(out var fault))
        {
            Story?.Add($"  {fault.Where}");
            ExceptionDispatchInfo.Throw(fault.Exception);
        }
    }

    /// <summary>Gives the stack a packet, and does not ask it for answers.</summary>
    protected void Receive(ReadOnlySpan<byte> packet)
    {
        Story?.Add($"  in   {PacketText.Of(packet)}");
        Inputs++;
        Stack.Receive(Now, packet);
        ThrowFaults();
    }

    /// <summary>Takes all that the stack wants to send.</summary>
    protected void Drain()
    {
        var packets = 0;
        while (Stack.TryTransmit(Now, _buffer, out var length))
        {
            Story?.Add($"  out  {PacketText.Of(_buffer.AsSpan(0, length))}");
            Require(++packets <= MaxOutput, "it stops talking");
            CheckSent(_buffer.AsSpan(0, length));
        }

        ThrowFaults();
        while (Stack.TryTakeEvents(out _, out _) || Stack.Udp.TryTakeEvent(out _))
        {
        }
    }

    /// <summary>Lets time pass, doing everything at the moment it is due.</summary>
    protected void Advance(TimeSpan time)
    {
        var end = Now + time;
        Drain(); // what is due is known once all inputs were answered
        while (Stack.NextTimeout <= end)
        {
            Now = Stack.NextTimeout > Now ? Stack.NextTimeout : Now;
            Story?.Add($"  time {Now}");
            Stack.OnTimeout(Now);
            Drain();
            if (Stack.NextTimeout <= Now)
            {
                throw new Breach("what is due is done", $"{Stack.NextTimeout} at {Now}");
            }
        }

        Now = end;
        Story?.Add($"  time {Now}");
    }

    /// <summary>A segment that passed all checks of a packet left.</summary>
    protected virtual void OnSent(in TcpSegment segment)
    {
    }

    private void CheckSent(ReadOnlySpan<byte> packet)
    {
        Require(IpHeader.TryRead(packet, out var header), "the IP header sent is valid");
        Require(header.TotalLength == packet.Length, "the IP length sent is the packet's");
        Require(packet.Length <= Stack.Options.Mtu, "no packet sent is longer than the MTU");
        Require(header.Version == (header.Source.IsIPv4 ? 4 : 6), "the source sent is of the packet's version");
        Require(header.Version == (header.Destination.IsIPv4 ? 4 : 6), "the destination sent is of the packet's version");
        Require(header.Source == Own4 || header.Source == Own6, "the source sent is an address of ours");
        Require(Known.Contains((header.Version, header.Destination)), "nothing is sent to who never spoke");
        switch (header.Protocol)
        {
            case var _ when header.IsFragment:
                break;
            case IpProtocol.Tcp:
                Require(SegmentReader.TryRead(packet, out var segment) == ReadResult.Ok, "the segment sent is valid");
                OnSent(segment);
                break;
            case IpProtocol.Udp:
                Require(_reader.TryReadUdp(packet, out _), "the datagram sent is valid");
                break;
            default:
                Require(_reader.TryReadIcmp(packet, out _), "the ICMP message sent is valid");
                break;
        }
    }
}
