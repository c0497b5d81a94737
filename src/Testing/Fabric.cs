using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Time.Testing;
using Onetun.Capture;
using Onetun.NetStack;

namespace Onetun.Testing;

/// <summary>
/// Carries packets between hosts: one pump works off what is due, packets that arrive and deadlines of hosts, one after the other. Sending only
/// puts packets under way, so that no host ever acts in the turn of another.
/// </summary>
internal sealed class Fabric : IAsyncDisposable
{
    private readonly Dictionary<IpAddress, VirtualDriver> _directory = [];
    private readonly Transit _transit = new();
    private readonly Watchers _watchers;
    private readonly Alarm _alarm;
    private readonly long _start;
    private VirtualDriver[] _drivers = [];
    private int _rings;
    private bool _isDriven;
    private volatile bool _isOver;

    public Fabric(int seed, TimeProvider time)
    {
        (Links, Time) = (new Links(seed), time);
        _start = time.GetTimestamp();
        _watchers = new Watchers(time);
        _alarm = new Alarm(time, IsVirtual, OnAlarm);
    }

    public TimeProvider Time { get; }

    /// <summary>Whether time goes on only where somebody advances it.</summary>
    public bool IsVirtual => Time is FakeTimeProvider;

    /// <summary>Whether somebody advances the time to what is due next.</summary>
    public bool IsDriven => Volatile.Read(ref _isDriven);

    /// <summary>The time of the network, equal in every run; it begins with an hour, as if hosts had been up for that long.</summary>
    public TimeSpan Now => TimeSpan.FromHours(1) + Time.GetElapsedTime(_start);

    public Links Links { get; }

    public Waiters Waiters { get; } = new();

    /// <summary>When something is due next; <see cref="TimeSpan.MaxValue"/> if nothing is.</summary>
    public TimeSpan NextDue
    {
        get
        {
            lock (Links.Gate)
            {
                return _drivers.Aggregate(_transit.Next, (next, driver) => driver.Deadline < next ? driver.Deadline : next);
            }
        }
    }

    /// <summary>Adds a host, and takes out the dead.</summary>
    /// <exception cref="ArgumentException">A living one has one of the addresses.</exception>
    public void Add(VirtualDriver driver)
    {
        lock (Links.Gate)
        {
            ObjectDisposedException.ThrowIf(_isOver, typeof(VirtualNetwork));
            IpAddress[] addresses = [.. driver.Stack.Options.Addresses.Select(one => IpAddress.From(one.Address))];
            foreach (var address in addresses)
            {
                if (_directory.TryGetValue(address, out var owner) && !owner.IsDead)
                {
                    throw new ArgumentException($"Host {owner.Name} has the address {address.ToIPAddress()}.", nameof(driver));
                }
            }

            foreach (var address in addresses)
            {
                _directory[address] = driver;
            }

            _drivers = [.. _drivers.Where(one => !one.IsDead), driver];
        }
    }

    /// <summary>The host that has an address, or had it last.</summary>
    public VirtualDriver? Find(IpAddress address)
    {
        lock (Links.Gate)
        {
            return _directory.GetValueOrDefault(address);
        }
    }

    /// <summary>Puts a packet under way; false if no host has the address. In a turn of its sender.</summary>
    public bool TrySend(VirtualDriver sender, TimeSpan now, ReadOnlySpan<byte> packet)
    {
        if (!IpHeader.TryRead(packet, out var header))
        {
            return true; // Nobody could answer it
        }

        lock (Links.Gate)
        {
            if (_isOver)
            {
                return true;
            }

            if (!_directory.TryGetValue(header.Destination, out var receiver))
            {
                _watchers.Show(packet, "no host has the address");
                return false;
            }

            var dropped = Links.Get(sender.Name, receiver.Name).Send(now, packet, receiver, _transit);
            _watchers.Show(packet, dropped);
            return true;
        }
    }

    public IDisposable Watch(IPacketTap tap) => _watchers.Add(tap, Links.Gate);

    /// <summary>Has the alarm ring for what is due next, unless whoever is at work looks for himself.</summary>
    public void Arrange()
    {
        if (!Volatile.Read(ref _isDriven) && !_isOver && Volatile.Read(ref _rings) == 0)
        {
            _alarm.Set(Now, NextDue);
        }
    }

    /// <summary>From now on the caller advances the time to what is due next, and pumps.</summary>
    /// <exception cref="InvalidOperationException">Another one does.</exception>
    public void BeginDriving()
    {
        if (Interlocked.Exchange(ref _isDriven, true))
        {
            throw new InvalidOperationException(
                "The network is running already: what it runs awaits tasks, several by Task.WhenAll, and times by Task.Delay with network.Time.");
        }

        Waiters.IsDriven = true;
    }

    public void EndDriving()
    {
        Waiters.IsDriven = false;
        Volatile.Write(ref _isDriven, false);
        Arrange();
    }

    /// <summary>
    /// Works off all that is due. Whoever comes while another is at it leaves it to him.
    /// </summary>
    /// <returns>Whether a packet has arrived.</returns>
    public bool Pump()
    {
        if (Interlocked.Increment(ref _rings) > 1)
        {
            return false;
        }

        var hasArrived = false;
        int seen;
        do
        {
            seen = Volatile.Read(ref _rings);
            hasArrived |= WorkOff(Now);
        }
        while (Interlocked.Add(ref _rings, -seen) > 0);
        Arrange();
        return hasArrived;
    }

    public async ValueTask DisposeAsync()
    {
        VirtualDriver[] drivers;
        lock (Links.Gate)
        {
            _isOver = true;
            drivers = _drivers;
            _transit.Clear();
        }

        foreach (var driver in drivers)
        {
            driver.Kill();
        }

        await _alarm.DisposeAsync().ConfigureAwait(false);
    }

    private void OnAlarm()
    {
        _alarm.Rang();
        Pump();
    }

    private bool WorkOff(TimeSpan now)
    {
        var hasArrived = false;
        while (TryTake(now, out var packet))
        {
            var isTaken = packet.Receiver.TryReceive(packet.Bytes);
            lock (Links.Gate)
            {
                packet.Link.Arrived(isTaken);
            }

            hasArrived = true;
        }

        foreach (var driver in Volatile.Read(ref _drivers))
        {
            if (driver.Deadline <= now)
            {
                driver.TimeOut();
            }
        }

        return hasArrived;
    }

    private bool TryTake(TimeSpan now, [NotNullWhen(true)] out Packet? packet)
    {
        lock (Links.Gate)
        {
            return _transit.TryTake(now, out packet);
        }
    }
}
