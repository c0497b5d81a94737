namespace Onetun.Tunnel;

/// <summary>Keeps a receive loop from spinning on an error that persists, such as an interface that is down.</summary>
internal struct FailurePause
{
    private const int Harmless = 8;
    private const int PauseMilliseconds = 10;
    private int _failures;

    public void After(bool failed)
    {
        _failures = failed ? _failures + 1 : 0;
        if (_failures > Harmless)
        {
            Thread.Sleep(PauseMilliseconds);
        }
    }
}
