namespace Onetun.NetStack;

/// <summary>The memory that the buffers of all connections hold together, and whether it exceeds the limit.</summary>
internal sealed class BufferMemory(long limit)
{
    /// <summary>Bytes of all blocks in use.</summary>
    public long Used { get; private set; }

    /// <summary>
    /// The limit is reached: writers wait sooner, receive windows are small, out-of-order data is not kept (RFC 2018 §8 lets a
    /// receiver drop it), and an orphan that faces a closed window is reset.
    /// </summary>
    public bool IsShort => Used >= limit;

    public void Take(int bytes) => Used += bytes;

    public void Give(int bytes) => Used -= bytes;
}
