namespace Onetun.Capture;

/// <summary>What has become of the packets of one interface since a file began.</summary>
internal struct InterfaceCounters
{
    /// <summary>When the file began.</summary>
    public DateTime Since;

    /// <summary>All that passed.</summary>
    public long Seen;

    /// <summary>Those of them that the filter let through.</summary>
    public long Accepted;

    /// <summary>Those of these that found no room.</summary>
    public long Dropped;

    /// <summary>Those that found none since the last one that did.</summary>
    public long DroppedLately;
}
