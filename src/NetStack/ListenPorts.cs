using System.Diagnostics.CodeAnalysis;

namespace Onetun.NetStack;

/// <summary>What is listened on: a port of one address of ours or, with the unspecified address (::), of all.</summary>
internal readonly record struct ListenEnd(IpAddress Address, ushort Port);

/// <summary>The ports that are listened on. A port of all addresses and one of a single address are in each other's way.</summary>
internal sealed class ListenPorts<TQueue>
    where TQueue : class
{
    /// <summary>The dynamic ports, which are assigned to no service (RFC 6335 §6).</summary>
    private const int FirstDynamic = 49152;

    private readonly Dictionary<ListenEnd, TQueue> _queues = [];

    public IReadOnlyCollection<TQueue> All => _queues.Values;

    /// <summary>Gives a listener its port, if that is free; 0 takes any free one. Null if there is none.</summary>
    public TQueue? Bind(IpAddress address, int port, Func<ListenEnd, TQueue> create)
    {
        if (port == 0)
        {
            port = Enumerable.Range(FirstDynamic, 65536 - FirstDynamic).FirstOrDefault(free => IsFree(new(address, (ushort)free)));
        }

        var end = new ListenEnd(address, (ushort)port);
        if (port == 0 || !IsFree(end))
        {
            return null;
        }

        return _queues[end] = create(end);
    }

    public void Remove(ListenEnd end) => _queues.Remove(end);

    /// <summary>Who listens on a port of an address of ours.</summary>
    public bool TryFind(IpAddress address, ushort port, [NotNullWhen(true)] out TQueue? queue) =>
        _queues.TryGetValue(new(address, port), out queue) || _queues.TryGetValue(new(default, port), out queue);

    private bool IsFree(ListenEnd end) => end.Address.IsUnspecified
        ? !_queues.Keys.Any(taken => taken.Port == end.Port)
        : !TryFind(end.Address, end.Port, out _);
}
