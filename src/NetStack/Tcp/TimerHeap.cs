namespace Onetun.NetStack;

/// <summary>
/// The connections that have a deadline, earliest first: a binary heap whose entries know their index. A deadline that moves
/// later stays in place and fires early once (every ACK restarts the retransmission timer), so that idle connections cost
/// nothing, and busy ones almost nothing.
/// </summary>
internal sealed class TimerHeap
{
    private TcpConnection?[] _heap = new TcpConnection?[16];
    private int _count;

    /// <summary>The earliest deadline; <see cref="TimeSpan.MaxValue"/> if there is none.</summary>
    public TimeSpan Earliest => _count == 0 ? TimeSpan.MaxValue : _heap[0]!.HeapDeadline;

    public int Count => _count;

    /// <summary>The deadline of a connection has changed.</summary>
    public void Update(TcpConnection connection, TimeSpan deadline)
    {
        if (connection.HeapIndex < 0)
        {
            if (deadline == TimeSpan.MaxValue)
            {
                return;
            }

            if (_count == _heap.Length)
            {
                Array.Resize(ref _heap, _count * 2);
            }

            connection.HeapDeadline = deadline;
            Place(_count, connection);
            SiftUp(_count++);
        }
        else if (deadline < connection.HeapDeadline)
        {
            connection.HeapDeadline = deadline;
            SiftUp(connection.HeapIndex);
        }
    }

    /// <summary>Removes the connection with the earliest deadline (possibly an outdated one) if that has passed.</summary>
    public bool TryTake(TimeSpan now, out TcpConnection connection)
    {
        connection = _count == 0 ? null! : _heap[0]!;
        if (_count == 0 || connection.HeapDeadline > now)
        {
            return false;
        }

        Remove(connection);
        return true;
    }

    public void Remove(TcpConnection connection)
    {
        var index = connection.HeapIndex;
        if (index < 0)
        {
            return;
        }

        connection.HeapIndex = -1;
        var last = _heap[--_count]!;
        _heap[_count] = null;
        if (index < _count)
        {
            Place(index, last);
            SiftUp(index);
            SiftDown(last.HeapIndex);
        }
    }

    private void Place(int index, TcpConnection connection)
    {
        _heap[index] = connection;
        connection.HeapIndex = index;
    }

    private void SiftUp(int index)
    {
        var moving = _heap[index]!;
        while (index > 0)
        {
            var parent = _heap[(index - 1) / 2]!;
            if (parent.HeapDeadline <= moving.HeapDeadline)
            {
                break;
            }

            Place(index, parent);
            index = (index - 1) / 2;
        }

        Place(index, moving);
    }

    private void SiftDown(int index)
    {
        var moving = _heap[index]!;
        while (true)
        {
            var child = (2 * index) + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && _heap[child + 1]!.HeapDeadline < _heap[child]!.HeapDeadline)
            {
                child++;
            }

            if (_heap[child]!.HeapDeadline >= moving.HeapDeadline)
            {
                break;
            }

            Place(index, _heap[child]!);
            index = child;
        }

        Place(index, moving);
    }
}
