namespace Onetun.Benchmarks.Capture;

/// <summary>Who watches packets.</summary>
public enum Watcher
{
    /// <summary>Nobody.</summary>
    None,

    /// <summary>A classic pcap file.</summary>
    Pcap,

    /// <summary>A pcapng file of inner packets.</summary>
    PcapngInner,

    /// <summary>A pcapng file of datagrams, with a filter of three conditions that lets all through.</summary>
    PcapngOuterFiltered,

    /// <summary>A live tap whose consumer looks at each packet.</summary>
    Live,

    /// <summary>The same, with the filter.</summary>
    LiveFiltered,

    /// <summary>A live tap that hands over packets at once.</summary>
    LiveImmediate,

    /// <summary>A live tap that nobody reads: each packet is counted as dropped.</summary>
    LiveFull,
}
