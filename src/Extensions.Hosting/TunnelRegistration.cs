using Onetun.Tunnel;

namespace Onetun.Extensions.Hosting;

/// <summary>What a host has been told of a tunnel before it is built.</summary>
internal sealed class TunnelRegistration(string name)
{
    public string Name { get; } = name;

    /// <summary>Null until it is said where the options come from.</summary>
    public Func<IServiceProvider, ITunnelSource>? Source
    {
        get;
        set => field = field is null ? value : throw new InvalidOperationException($"The tunnel {Name} has its options from elsewhere already.");
    }

    /// <summary>What code changes in them.</summary>
    public List<Func<TunnelOptions, IServiceProvider, TunnelOptions>> Changes { get; } = [];
}
