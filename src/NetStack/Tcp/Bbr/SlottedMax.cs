namespace Onetun.NetStack;

/// <summary>The largest value of the current period and the one before.</summary>
internal struct SlottedMax
{
    private double _before;
    private double _now;

    public readonly double Value => Math.Max(_before, _now);

    public void Update(double value) => _now = Math.Max(_now, value);

    /// <summary>A new period begins.</summary>
    public void Advance() => (_before, _now) = (_now, 0);
}
