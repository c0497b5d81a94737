namespace Onetun.Tunnel;

/// <summary>How long nothing authentic has been heard, and whether that is reason enough to try something else.</summary>
internal struct Silence(TimeSpan now)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(160);

    private TimeSpan _since = now;
    private TimeSpan _patience = First;

    public void Break(TimeSpan now)
    {
        _since = now;
        _patience = First;
    }

    /// <summary>True once that is too long; after an attempt in vain, the next one comes after twice the time.</summary>
    public bool TryAct(TimeSpan now)
    {
        if (now - _since < _patience)
        {
            return false;
        }

        _since = now;
        _patience = _patience + _patience < Longest ? _patience + _patience : Longest;
        return true;
    }
}
