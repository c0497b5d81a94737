using System.Net;
using Microsoft.Extensions.Logging;

namespace Onetun.Tunnel.Resources;

/// <summary>
/// The file descriptors that connections and flows may hold. Half of them are assured in equal parts to those who share them,
/// so that none can take all from the others; half goes to whoever comes first.
/// </summary>
internal sealed class DescriptorBudget(ILogger logger, int capacity = int.MaxValue / 4, TimeProvider? time = null)
{
    /// <summary>
    /// What else needs one for a moment: clients of the status socket (5), lookups of names that the system does (2 each),
    /// the socket of the tunnel when it moves (2), a configuration that is read again and the ports that are new in it.
    /// </summary>
    public const int Reserve = 32;

    // Connections that come and go at the limit are one shortage.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private readonly List<DescriptorShare> _shares = [];
    private readonly List<(DescriptorShare Share, TaskCompletionSource Granted)> _waiting = [];
    private int _capacity = capacity;
    private int _used;

    // What each share is assured of, and what all together hold beyond that.
    private int _assured;
    private int _beyond;
    private bool _isShort;
    private long _lastShort;

    /// <summary>What may be held at most.</summary>
    public int Capacity
    {
        get
        {
            lock (_lock)
            {
                return _capacity;
            }
        }
    }

    /// <summary>What is held, with one for each listener that waits for its next client.</summary>
    public int Used
    {
        get
        {
            lock (_lock)
            {
                return _used;
            }
        }
    }

    /// <summary>Takes what the limit of the process leaves, once all else is open.</summary>
    public void Measure()
    {
        if (DescriptorLimit.Read() is { } limit)
        {
            var open = DescriptorLimit.CountOpen();
            lock (_lock)
            {
                _capacity = Math.Max(0, limit - Reserve - (open - _used));
                ShareOut();
            }
        }
    }

    /// <summary>One more that takes from it, until it is disposed.</summary>
    public DescriptorShare Open()
    {
        var share = new DescriptorShare(this);
        lock (_lock)
        {
            _shares.Add(share);
            ShareOut();
        }

        return share;
    }

    internal void Close(DescriptorShare share)
    {
        lock (_lock)
        {
            _used -= share.Used;
            _shares.Remove(share);
            ShareOut();
        }
    }

    internal bool TryTake(DescriptorShare share, EndPoint source)
    {
        lock (_lock)
        {
            if (!CanTake(share))
            {
                TellShort(share, source);
                return false;
            }

            Take(share);
            return true;
        }
    }

    internal async ValueTask TakeAsync(DescriptorShare share, EndPoint source, CancellationToken cancellationToken)
    {
        TaskCompletionSource granted;
        lock (_lock)
        {
            if (CanTake(share))
            {
                Take(share);
                return;
            }

            TellShort(share, source);
            granted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((share, granted));
        }

        using var cancelling = cancellationToken.UnsafeRegister(
            static granted => ((TaskCompletionSource)granted!).TrySetCanceled(), granted);
        await granted.Task.ConfigureAwait(false);
    }

    internal void Release(DescriptorShare share)
    {
        lock (_lock)
        {
            _beyond -= share.Used > _assured ? 1 : 0;
            share.Used--;
            _used--;
            Grant();
        }
    }

    private bool CanTake(DescriptorShare share) =>
        share.Used < _assured || _beyond < _capacity - (_assured * _shares.Count);

    private void Take(DescriptorShare share)
    {
        share.Used++;
        _used++;
        _beyond += share.Used > _assured ? 1 : 0;
    }

    // Each gets at least one, which the reserve pays for if need be: a share that is assured of nothing could wait for ever.
    private void ShareOut()
    {
        _assured = Math.Max(1, _capacity / 2 / Math.Max(1, _shares.Count));
        _beyond = _shares.Sum(share => Math.Max(0, share.Used - _assured));
        Grant();
    }

    // They are served in the order in which they came; those that were cancelled go as well.
    private void Grant()
    {
        _waiting.RemoveAll(waiting =>
        {
            if (CanTake(waiting.Share) && waiting.Granted.TrySetResult())
            {
                Take(waiting.Share);
            }

            return waiting.Granted.Task.IsCompleted;
        });
        if (_isShort && _waiting.Count == 0 && _time.GetElapsedTime(_lastShort) >= Quiet)
        {
            _isShort = false;
            logger.DescriptorsSuffice();
        }
    }

    private void TellShort(DescriptorShare share, EndPoint source)
    {
        _lastShort = _time.GetTimestamp();
        if (!_isShort)
        {
            _isShort = true;
            logger.DescriptorsShort(source, share.Used, _capacity);
        }
    }
}
