namespace Onetun.Testing;

/// <summary>The links between hosts, made when they are first asked for, and kept over the restart of a host.</summary>
internal sealed class Links(int seed)
{
    private readonly Dictionary<(string From, string To), VirtualLink> _links = [];

    /// <summary>
    /// Guards what hosts share. A host takes it in its turn, so nobody who holds it begins one.
    /// </summary>
    public Lock Gate { get; } = new();

    /// <summary>The options of links that have none of their own.</summary>
    public VirtualLinkOptions Default { get; set; } = new();

    public VirtualLink Get(string from, string to)
    {
        lock (Gate)
        {
            if (!_links.TryGetValue((from, to), out var link))
            {
                _links[(from, to)] = link = new VirtualLink(this, from, to, Seed.For(seed, from, to));
            }

            return link;
        }
    }

    public IReadOnlyList<VirtualLink> All()
    {
        lock (Gate)
        {
            return [.. _links.Values];
        }
    }

    /// <summary>The counts of all, as of one moment.</summary>
    public VirtualLinkStatistics GetStatistics()
    {
        lock (Gate)
        {
            return _links.Values.Aggregate(default(VirtualLinkStatistics), (sum, link) => sum + link.GetStatistics());
        }
    }
}
