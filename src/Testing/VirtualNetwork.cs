using System.Net;
using Onetun.Capture;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Testing;

/// <summary>
/// Hosts in this process that reach each other over links, for the unit tests of programs that take a <see cref="TunnelNetwork"/>: a
/// <see cref="VirtualHost"/> is one, with Onetun's own TCP/IP stack, but without WireGuard, sockets, privileges or threads. Links
/// can lose, delay and reorder packets, and be cut.
/// </summary>
/// <remarks>
/// <para>
/// <b>Real time.</b> With the system's clock, the default, everything happens by itself, on the thread pool, and a test awaits as usual.
/// </para>
/// <para>
/// <b>Virtual time.</b> With a <c>FakeTimeProvider</c> (Microsoft.Extensions.TimeProvider.Testing) nothing moves while time stands still, and
/// what is merely awaited never ends. So the body of a test, with everything that waits for the network, also to end, is run by
/// <see cref="RunAsync(Func{Task})"/>, which drives the time until that has ended: an hour passes in a moment, and the code under test
/// continues on the thread that drives, one step after the other, while time stands still. The same seed then gives the same packets at the same
/// times, as long as that code awaits only the network and delays of <see cref="Time"/>. Code that goes to the thread pool
/// (<see cref="Task.Run(Action)"/>, HTTP, ASP.NET) works too: time goes on only when the pool is at rest, or slowly if it never is; but
/// the order of what happens at once is then left to chance. Code must not block its thread to wait for the network, instead of awaiting: it
/// would hold up the time, and wait for ever.
/// </para>
/// <para>
/// A test may also advance the clock itself, in steps not longer than a link's delay: <c>Advance</c> delivers, on its thread, what is due when it is
/// called, and those who waited for that continue on the thread pool.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// await using var network = new VirtualNetwork(seed: 1, new FakeTimeProvider());
/// await network.RunAsync(async () =>
/// {
///     var db = network.AddHost("db");
///     var app = network.AddHost("app");
///     network.SetLink(app, db, new VirtualLinkOptions { Delay = TimeSpan.FromMilliseconds(50), Loss = 0.01 });
///     await using var server = new Server(db);               // what is tested takes a TunnelNetwork
///     var client = new Client(app, "db");                    // which waits by its network's clock
///     Assert.Equal("pong", await client.AskAsync("ping"));   // 50 ms each way, in no time
///     network.Partition(app, db);
///     await Assert.ThrowsAsync&lt;IOException&gt;(() => client.AskAsync("ping"));
/// });
/// </code>
/// </example>
public sealed class VirtualNetwork : IAsyncDisposable
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(10);

    private readonly int _seed;
    private readonly Fabric _fabric;
    private readonly HostNames _names = new();
    private readonly Lock _adding = new();

    /// <summary>Makes a network without hosts.</summary>
    /// <param name="seed">What all chance is made of.</param>
    /// <param name="time">
    /// The clock: a <c>FakeTimeProvider</c>, for virtual time, or the system's, the default. One of virtual time does not advance itself
    /// (<c>AutoAdvanceAmount</c>).
    /// </param>
    public VirtualNetwork(int seed = 1, TimeProvider? time = null)
    {
        _seed = seed;
        _fabric = new Fabric(seed, time ?? TimeProvider.System);
    }

    /// <summary>The clock, which code under test is to take for its delays and timeouts too.</summary>
    public TimeProvider Time => _fabric.Time;

    /// <summary>The hosts; of a name that was given again, the last one.</summary>
    public IReadOnlyList<VirtualHost> Hosts => _names.All;

    /// <summary>The options of all links that were given none of their own; may be set at any time. Default a perfect link.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public VirtualLinkOptions DefaultLink
    {
        get
        {
            lock (_fabric.Links.Gate)
            {
                return _fabric.Links.Default;
            }
        }

        set
        {
            ArgumentNullException.ThrowIfNull(value);
            lock (_fabric.Links.Gate)
            {
                _fabric.Links.Default = value;
            }
        }
    }

    /// <summary>Adds a host, which reaches all others, and they it.</summary>
    /// <param name="name">Its name, which others find its addresses by; letters are the same in upper and lower case.</param>
    /// <param name="addresses">Its addresses; none, and it is given one: 10.0.0.1 and so on.</param>
    /// <exception cref="ArgumentException">
    /// The name is empty, or there is a host of that name or with one of the addresses that is not disposed.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The network is disposed.</exception>
    public VirtualHost AddHost(string name, params IPAddress[] addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        return AddHost(name, new VirtualHostOptions { Addresses = [.. addresses] });
    }

    /// <summary>
    /// The same with options. The name and addresses of a host that has been disposed, and has delivered what it held, may be given
    /// again, as when a machine restarts: it then has the same public key and links.
    /// </summary>
    /// <param name="name">Its name, which others find its addresses by; letters are the same in upper and lower case.</param>
    /// <param name="options">Its addresses, and how it speaks TCP and UDP.</param>
    /// <inheritdoc cref="AddHost(string, IPAddress[])" path="/exception"/>
    public VirtualHost AddHost(string name, VirtualHostOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(options);
        lock (_adding)
        {
            if (_names.Find(name) is { } known && known.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                name = known.IsDisposed ? known.Name : throw new ArgumentException($"There is a host {known.Name}.", nameof(name));
            }

            var random = new Random(Seed.For(_seed, name.ToUpperInvariant()));
            var secret = new byte[FlowSecret.Size];
            random.NextBytes(secret);
            var key = new byte[PublicKey.Size];
            random.NextBytes(key);
            var stack = new IpStack(new IpStackOptions
            {
                Addresses = options.Addresses.Count > 0 ? options.Addresses : [_names.FreeAddress()],
                Secret = secret,
                Mtu = options.Mtu,
                Tcp = options.Tcp,
                Udp = options.Udp,
            });
            var driver = new VirtualDriver(name, stack, _fabric);
            _fabric.Add(driver);
            var host = new VirtualHost(driver, new PublicKey(key), _fabric, _names, options.DisposeTimeout);
            _names.Set(host);
            return host;
        }
    }

    /// <summary>The link that carries what one host sends to another: its options, whether it is cut, and its counters.</summary>
    public VirtualLink GetLink(VirtualHost from, VirtualHost to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        return _fabric.Links.Get(from.Name, to.Name);
    }

    /// <summary>Sets what the links between two hosts do to packets, in both directions, from now on.</summary>
    public void SetLink(VirtualHost one, VirtualHost other, VirtualLinkOptions options)
    {
        GetLink(one, other).Options = options;
        GetLink(other, one).Options = options;
    }

    /// <summary>Cuts the links between two hosts; each is silent for the other until they are healed, and what is under way is lost.</summary>
    public void Partition(VirtualHost one, VirtualHost other) => Partition([one], [other]);

    /// <summary>Cuts the links between all of some hosts and all of others; those within each side carry on.</summary>
    public void Partition(IEnumerable<VirtualHost> side, IEnumerable<VirtualHost> otherSide) => SetCut(side, otherSide, isCut: true);

    /// <summary>Cuts the links between a host and all others, as if its cable were pulled.</summary>
    public void Isolate(VirtualHost host) => Partition([host], Hosts.Where(other => other != host));

    /// <summary>Joins two hosts again.</summary>
    public void Heal(VirtualHost one, VirtualHost other) => Heal([one], [other]);

    /// <summary>Joins all of some hosts with all of others again.</summary>
    public void Heal(IEnumerable<VirtualHost> side, IEnumerable<VirtualHost> otherSide) => SetCut(side, otherSide, isCut: false);

    /// <summary>Joins all hosts again.</summary>
    public void Heal()
    {
        foreach (var link in _fabric.Links.All())
        {
            link.IsCut = false;
        }
    }

    /// <summary>What has become of the packets of all links so far.</summary>
    public VirtualLinkStatistics GetStatistics() => _fabric.Links.GetStatistics();

    /// <summary>
    /// Has somebody watch all packets as they are sent, with a comment on those that are dropped then, from now on until it throws: a
    /// <see cref="PcapWriter"/> writes a capture for Wireshark. It is called under a lock, so it must not call the network.
    /// </summary>
    /// <returns>To be disposed when it is to see no more; the tap itself is not disposed.</returns>
    public IDisposable AddTap(IPacketTap tap)
    {
        ArgumentNullException.ThrowIfNull(tap);
        return _fabric.Watch(tap);
    }

    /// <summary>
    /// Waits for a task, for at most 10 minutes of the network's time, and in virtual time drives that until the task ends: from each thing that is
    /// due in the network to the next. Timers of others ring at their time, or later by a millisecond, or by a 64th of how long nothing has happened.
    /// One at a time may run; for several tasks there is <see cref="Task.WhenAll(Task[])"/>.
    /// </summary>
    /// <param name="task">What is waited for, and fails as it does.</param>
    /// <exception cref="TimeoutException">It took longer. The task goes on if time does.</exception>
    /// <exception cref="InvalidOperationException">Another one is running.</exception>
    public Task RunAsync(Task task) => RunAsync(task, DefaultLimit);

    /// <summary>The same with another limit.</summary>
    /// <param name="task">What is waited for, and fails as it does.</param>
    /// <param name="limit">The most time of the network that it may take; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative.</exception>
    /// <inheritdoc cref="RunAsync(Task)" path="/exception"/>
    public async Task RunAsync(Task task, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero);
        if (!_fabric.IsVirtual)
        {
            await task.WaitAsync(limit, Time).ConfigureAwait(false);
            return;
        }

        if (!await VirtualRun.UntilAsync(_fabric, task, limit).ConfigureAwait(false))
        {
            throw new TimeoutException(
                $"The task has not ended within {limit} of the network's time. Does it wait for something else, such as the system's clock?");
        }

        await task.ConfigureAwait(false);
    }

    /// <summary>The same for the task of a method, such as the whole body of a test.</summary>
    /// <param name="body">Begins what is waited for.</param>
    /// <inheritdoc cref="RunAsync(Task)" path="/exception"/>
    public Task RunAsync(Func<Task> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return RunAsync(body(), DefaultLimit);
    }

    /// <summary>The same for a task with a result.</summary>
    /// <inheritdoc cref="RunAsync(Task)"/>
    public async Task<T> RunAsync<T>(Task<T> task)
    {
        await RunAsync(task, DefaultLimit).ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }

    /// <summary>
    /// Lets a time pass, with all that happens in it. What runs already, such as the body of a test, waits by
    /// <see cref="Task.Delay(TimeSpan, TimeProvider)"/> with <see cref="Time"/> instead.
    /// </summary>
    /// <param name="time">Not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    /// <exception cref="InvalidOperationException">Another one is running.</exception>
    public async Task RunAsync(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        if (_fabric.IsVirtual)
        {
            await VirtualRun.UntilAsync(_fabric, task: null, time).ConfigureAwait(false);
        }
        else
        {
            await Task.Delay(time, Time).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Ends all hosts at once, without anything sent or delivered: who waits for a connection gets an error, and nothing is left running.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _fabric.DisposeAsync().ConfigureAwait(false);
        foreach (var host in Hosts)
        {
            host.Kill();
        }
    }

    private void SetCut(IEnumerable<VirtualHost> side, IEnumerable<VirtualHost> otherSide, bool isCut)
    {
        ArgumentNullException.ThrowIfNull(side);
        ArgumentNullException.ThrowIfNull(otherSide);
        VirtualHost[] others = [.. otherSide];
        foreach (var one in side)
        {
            foreach (var other in others.Where(other => other != one))
            {
                GetLink(one, other).IsCut = GetLink(other, one).IsCut = isCut;
            }
        }
    }
}
