namespace Onetun.NetStack;

/// <summary>What the buffers of all connections hold together, and whether that is too much.</summary>
internal sealed class BufferMemory(long limit)
{
    /// <summary>Bytes of the blocks that connections hold.</summary>
    public long Used { get; private set; }

    /// <summary>
    /// Nobody may grow: writers wait sooner, windows are small, what lies beyond a gap is not kept (RFC 2018 §8 lets a receiver
    /// drop it), and an orphan that faces a closed window is reset.
    /// </summary>
    public bool IsShort => Used >= limit;

    public void Take(int bytes) => Used += bytes;

    public void Give(int bytes) => Used -= bytes;
}
