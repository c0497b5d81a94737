using Onetun.NetStack;

namespace Onetun.Testing;

/// <summary>Joins the stack of a host and the network. It has no thread and no timer: the network has it act when something is due.</summary>
internal sealed class VirtualDriver(string name, IpStack stack, Fabric fabric) : StackDriver(stack)
{
    private readonly byte[] _buffer = new byte[stack.Options.Mtu];
    private TimeSpan? _endsBy;
    private long _deadline = long.MaxValue;
    private volatile bool _isDead;

    /// <summary>The name of its host.</summary>
    public string Name => name;

    /// <summary>Whether it receives and sends no more.</summary>
    public bool IsDead => _isDead;

    /// <summary>When <see cref="TimeOut"/> is due.</summary>
    public TimeSpan Deadline => new(Volatile.Read(ref _deadline));

    protected internal override TimeSpan Now => fabric.Now;

    /// <summary>Virtual time stands still while nobody drives it.</summary>
    internal override bool Lingers => !fabric.IsVirtual || fabric.IsDriven;

    /// <summary>Gives it a packet; false if it receives no more.</summary>
    public bool TryReceive(ReadOnlySpan<byte> packet)
    {
        using var turn = BeginTurn();
        if (_isDead)
        {
            return false;
        }

        Stack.Receive(turn.Now, packet);
        return true;
    }

    /// <summary>Acts on deadlines that have passed.</summary>
    public void TimeOut()
    {
        using var turn = BeginTurn();
        if (!_isDead)
        {
            Stack.OnTimeout(turn.Now);
        }
    }

    /// <summary>Does something in one turn.</summary>
    public void InOneTurn<T>(T state, Action<T> action)
    {
        using var turn = BeginTurn();
        action(state);
    }

    /// <summary>
    /// Disposes all sockets and listeners; it is dead once connections have delivered what they hold, or a time is over, when those left are
    /// reset.
    /// </summary>
    public void Close(TimeSpan limit)
    {
        using var turn = BeginTurn();
        if (_endsBy is null)
        {
            _endsBy = turn.Now + limit;
            CloseAll();
        }
    }

    /// <summary>Ends all of it at once, without a word to anybody.</summary>
    public void Kill()
    {
        using var turn = BeginTurn();
        _isDead = true;
        AbortAll();
    }

    protected override void Transmit(TimeSpan now)
    {
        SendAll(now);
        if (!_isDead && _endsBy is { } end && (now >= end || !Stack.IsDelivering))
        {
            AbortAll();
            SendAll(now);
            _isDead = true;
        }

        var due = _isDead ? TimeSpan.MaxValue : Stack.NextTimeout;
        Volatile.Write(ref _deadline, (!_isDead && _endsBy < due ? _endsBy.Value : due).Ticks);
    }

    protected override void Leave() => fabric.Arrange();

    internal override void Continue(Signal signal)
    {
        if (fabric.IsVirtual)
        {
            fabric.Waiters.Add(signal);
        }
        else
        {
            base.Continue(signal);
        }
    }

    private void SendAll(TimeSpan now)
    {
        while (!_isDead && Stack.TryTransmit(now, _buffer, out var length))
        {
            var packet = _buffer.AsSpan(0, length);
            if (!fabric.TrySend(this, now, packet))
            {
                Stack.OnUndeliverable(now, packet);
            }
        }
    }
}
