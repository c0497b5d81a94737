namespace Onetun.WireGuard.Tests;

/// <summary>A datagram on its way.</summary>
internal sealed record Datagram(TimeSpan At, UdpEndPoint Source, UdpEndPoint Destination, byte[] Bytes)
{
    /// <summary>Of its IP header.</summary>
    public EcnField Ecn { get; init; }

    public MessageType Type => (MessageType)Bytes[0];

    public bool IsKeepalive => Type == MessageType.Transport && Bytes.Length == Device.Overhead;
}

/// <summary>The network between devices, in the hands of somebody who reads all and keeps what he likes.</summary>
internal sealed class Eavesdropper(params TestDevice[] devices)
{
    private readonly PriorityQueue<Datagram, (TimeSpan At, long Order)> _underway = new();
    private long _order;

    /// <summary>Everything that was sent, delivered or not.</summary>
    public List<Datagram> Log { get; } = [];

    /// <summary>Decides what is delivered. All, if not set.</summary>
    public Func<Datagram, bool>? Filter { get; set; }

    /// <summary>The time a datagram is under way.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The results of what was delivered, newest last.</summary>
    public List<ReceiveResult> Results { get; } = [];

    /// <summary>When the next datagram arrives.</summary>
    public TimeSpan NextArrival => _underway.TryPeek(out _, out var next) ? next.At : TimeSpan.MaxValue;

    /// <summary>When this device sent messages of this type.</summary>
    public TimeSpan[] Times(TestDevice sender, MessageType type) =>
        [.. Log.Where(datagram => datagram.Source == sender.EndPoint && datagram.Type == type).Select(datagram => datagram.At)];

    public int Count(MessageType type) => Log.Count(datagram => datagram.Type == type);

    public void Carry(Datagram datagram)
    {
        Log.Add(datagram);
        if (Filter?.Invoke(datagram) ?? true)
        {
            Inject(datagram, datagram.At + Delay);
        }
    }

    /// <summary>Puts a datagram on the way, whoever made it.</summary>
    public void Inject(Datagram datagram, TimeSpan arrival) => _underway.Enqueue(datagram, (arrival, _order++));

    /// <summary>Delivers all that has arrived. False if there was nothing.</summary>
    public bool Deliver(TimeSpan now)
    {
        var hasDelivered = false;
        while (NextArrival <= now)
        {
            hasDelivered = true;
            var datagram = _underway.Dequeue();
            var receiver = devices.FirstOrDefault(device => device.EndPoint == datagram.Destination);
            if (receiver is not null)
            {
                Results.Add(receiver.Receive(now, datagram));
            }
        }

        return hasDelivered;
    }
}
