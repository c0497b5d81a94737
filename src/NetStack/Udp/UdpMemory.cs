namespace Onetun.NetStack;

/// <summary>What the flows of a stack may hold together of datagrams that nobody has read, bytes.</summary>
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
