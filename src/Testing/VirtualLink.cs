namespace Onetun.Testing;

/// <summary>The way of packets from one host to another; the way back is a link of its own. It may be changed at any time, from any thread.</summary>
public sealed class VirtualLink
{
    /// <summary>The most packets that one link has under way.</summary>
    private const int MaxUnderWay = 65_536;

    private readonly Links _links;
    private readonly Random _random;
    private VirtualLinkOptions? _options;
    private VirtualLinkStatistics _counts;
    private TimeSpan _idleAt;
    private TimeSpan _lastArrival;

    internal VirtualLink(Links links, string from, string to, int seed)
    {
        (_links, From, To) = (links, from, to);
        _random = new Random(seed);
        _options = from == to ? new VirtualLinkOptions() : null; // A host reaches itself without a wire
    }

    /// <summary>The name of the host that sends.</summary>
    public string From { get; }

    /// <summary>The name of the host that receives.</summary>
    public string To { get; }

    /// <summary>
    /// What it does to packets that are sent from now on. Until it is set, that is <see cref="VirtualNetwork.DefaultLink"/>.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public VirtualLinkOptions Options
    {
        get
        {
            lock (_links.Gate)
            {
                return _options ?? _links.Default;
            }
        }

        set
        {
            ArgumentNullException.ThrowIfNull(value);
            lock (_links.Gate)
            {
                _options = value;
            }
        }
    }

    /// <summary>Whether it carries nothing; what is under way then is lost too.</summary>
    public bool IsCut
    {
        get
        {
            lock (_links.Gate)
            {
                return field;
            }
        }

        set
        {
            lock (_links.Gate)
            {
                field = value;
            }
        }
    }

    /// <summary>What has become of the packets so far.</summary>
    public VirtualLinkStatistics GetStatistics()
    {
        lock (_links.Gate)
        {
            return _counts;
        }
    }

    /// <summary>Takes a packet, which then is under way or dropped; under the gate.</summary>
    /// <returns>Why it was dropped; null if it is under way.</returns>
    internal string? Send(TimeSpan now, ReadOnlySpan<byte> packet, VirtualDriver receiver, Transit transit)
    {
        _counts = _counts with { Sent = _counts.Sent + 1, SentBytes = _counts.SentBytes + packet.Length };
        var options = Options;
        if (IsCut)
        {
            _counts = _counts with { Cut = _counts.Cut + 1 };
            return "the link is cut";
        }

        if (_counts.UnderWay >= MaxUnderWay || !TryQueue(now, packet.Length, options))
        {
            _counts = _counts with { Overflowed = _counts.Overflowed + 1 };
            return "the queue is full";
        }

        if (Happens(options.Loss))
        {
            _counts = _counts with { Lost = _counts.Lost + 1 };
            return "lost";
        }

        Begin(now, packet, receiver, transit, options);
        if (Happens(options.Duplication))
        {
            _counts = _counts with { Duplicated = _counts.Duplicated + 1 };
            Begin(now, packet, receiver, transit, options);
        }

        return null;
    }

    /// <summary>A packet has come to the end of it; under the gate.</summary>
    /// <returns>Whether the receiver is to have it.</returns>
    internal bool TryLeave()
    {
        _counts = _counts with { UnderWay = _counts.UnderWay - 1 };
        if (!IsCut)
        {
            return true;
        }

        _counts = _counts with { Cut = _counts.Cut + 1 };
        return false;
    }

    /// <summary>The receiver has had its packet; under the gate.</summary>
    internal void Arrived(bool isTaken) => _counts = isTaken
        ? _counts with { Delivered = _counts.Delivered + 1 }
        : _counts with { Unreceived = _counts.Unreceived + 1 };

    /// <summary>Gives a packet its turn, for as long as it takes to be sent; false if too much waits already.</summary>
    private bool TryQueue(TimeSpan now, int length, VirtualLinkOptions options)
    {
        _idleAt = _idleAt > now ? _idleAt : now;
        if (options.BitsPerSecond is not { } rate)
        {
            return true;
        }

        var waiting = (_idleAt - now).TotalSeconds * rate / 8;
        if (waiting > 0 && waiting + length > options.QueueLimit)
        {
            return false;
        }

        _idleAt += TimeSpan.FromSeconds(length * 8.0 / rate);
        return true;
    }

    private void Begin(TimeSpan now, ReadOnlySpan<byte> packet, VirtualDriver receiver, Transit transit, VirtualLinkOptions options)
    {
        _counts = _counts with { UnderWay = _counts.UnderWay + 1 };
        transit.Add(Arrival(now, options), new Packet(this, receiver, packet.ToArray()));
    }

    private TimeSpan Arrival(TimeSpan now, VirtualLinkOptions options)
    {
        var at = _idleAt + options.Delay;
        if (options.Jitter > TimeSpan.Zero)
        {
            at += options.Jitter * _random.NextDouble();
        }

        if (!options.Reordering && at < _lastArrival)
        {
            at = _lastArrival;
        }

        // Nothing arrives when it is sent: otherwise hosts that answer each other would hold up the time
        var next = now + TimeSpan.FromTicks(1);
        at = at < next ? next : at;
        _lastArrival = at > _lastArrival ? at : _lastArrival;
        return at;
    }

    // Draws nothing for what never happens, so that one knob does not disturb the others
    private bool Happens(double chance) => chance > 0 && _random.NextDouble() < chance;
}
