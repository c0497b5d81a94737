namespace Onetun.NetStack.Tests;

/// <summary>One direction of a path: says when a packet arrives, if it does, and what is left of it.</summary>
internal sealed class Link(LinkOptions options, Random random)
{
    private TimeSpan _idle;

    public LinkOptions Options { get; set; } = options;

    public long Packets { get; private set; }

    public long Dropped { get; private set; }

    public long Marked { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>The times at which a packet sent now arrives: none, one or two.</summary>
    public IEnumerable<(TimeSpan At, byte[] Packet)> Carry(TimeSpan now, ReadOnlySpan<byte> packet)
    {
        var number = Packets++;
        Bytes += packet.Length;
        _idle = _idle > now ? _idle : now;
        var waiting = (_idle - now).TotalSeconds * Options.Rate / 8;
        if (Options.Rate > 0 && waiting > Options.QueueLimit - packet.Length)
        {
            Dropped++;
            return [];
        }

        _idle += Options.Rate > 0 ? TimeSpan.FromSeconds(packet.Length * 8 / Options.Rate) : TimeSpan.Zero;
        var copy = packet.ToArray();
        if (packet.Length > Options.Mtu || Options.Swallows?.Invoke(copy) == true || Happens(Options.Loss) || Options.Drop?.Invoke(number) == true)
        {
            Dropped++;
            return [];
        }

        if (waiting > Options.MarkLimit && PacketEdit.Ecn(copy) is EcnField.Ect0 or EcnField.Ect1)
        {
            Marked++;
            PacketEdit.SetEcn(copy, EcnField.Ce);
        }

        if (Happens(Options.Corruption))
        {
            copy[random.Next(copy.Length)] ^= (byte)random.Next(1, 256);
        }

        return Happens(Options.Duplication) ? [(Arrival(), copy), (Arrival(), copy)] : [(Arrival(), copy)];
    }

    private TimeSpan Arrival()
    {
        var at = _idle + Options.Delay;
        at += Happens(Options.Reordering) ? Options.ReorderingDelay * random.NextDouble() : TimeSpan.Zero;
        return Options.Batching > TimeSpan.Zero ? Options.Batching * Math.Ceiling(at / Options.Batching) : at;
    }

    // Draws nothing for what never happens, so that one knob does not disturb the others
    private bool Happens(double chance) => chance > 0 && random.NextDouble() < chance;
}
