namespace Onetun.NetStack;

/// <summary>What changes when segments have to be smaller.</summary>
internal sealed partial class Sender
{
    /// <summary>Bytes of the oldest segment on its way.</summary>
    public long HeadLength => _sent.IsEmpty ? 0 : _sent[_sent.Head].Length;

    /// <summary>
    /// What is on its way in larger segments is sent again in smaller ones; an initial window shrinks with them (RFC 5681
    /// §3.1).
    /// </summary>
    public void ShrinkSegments(int size)
    {
        SetSegmentSize(size);
        _recovery.OnTooLong(Next, size);
    }
}
