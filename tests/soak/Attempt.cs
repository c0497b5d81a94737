namespace Onetun.Soak;

/// <summary>A connection as its client sees it.</summary>
internal sealed class Attempt(string name, Route route)
{
    public string Name => name;

    public Route Route => route;

    public TimeSpan Began { get; } = Disturbances.Now;

    public TimeSpan Age => Disturbances.Now - Began;

    /// <summary>The service was reached: something came from it.</summary>
    public bool Stood { get; set; }

    public override string ToString() =>
        $"{name} by {route.Name}, {Age.TotalSeconds:0.0} s old, {(Stood ? "established" : "connecting")}";
}
