namespace Onetun.NetStack;

/// <summary>The memory for unread datagrams that all flows of a stack share.</summary>
/// <param name="capacity">Its limit, in bytes.</param>
internal sealed class UdpMemory(int capacity)
{
    private int _used;

    public bool TryTake(int bytes)
    {
        if (_used + bytes > capacity)
        {
            return false;
        }

        _used += bytes;
        return true;
    }

    public void Release(int bytes) => _used -= bytes;
}
