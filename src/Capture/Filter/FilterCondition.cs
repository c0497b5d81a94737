namespace Onetun.Capture;

/// <summary>
/// A condition whose steps are laid down but whose ways out lead nowhere yet: a number of steps that follow one another.
/// </summary>
/// <param name="Start">Its first step, through which it is entered.</param>
/// <param name="Holds">The ways out when it holds, each of them twice the index of a step, and one more if its test fails there.</param>
/// <param name="Fails">The ways out when it does not hold.</param>
internal readonly record struct FilterCondition(int Start, List<int> Holds, List<int> Fails)
{
    public FilterCondition Not() => new(Start, Fails, Holds);
}
