namespace Onetun.Tunnel;

/// <summary>How long nothing authentic was heard, and whether that is reason to try something else.</summary>
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

    /// <summary>True once it is too long; what was tried in vain is tried again after twice the time.</summary>
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
