namespace Onetun.Capture;

/// <summary>
/// Lays the steps of a filter down in the order of its text, so that each leads only to later ones. A condition never becomes a
/// tree: a text however long costs no stack, neither now nor when it is run.
/// </summary>
internal sealed class FilterBuilder
{
    private readonly List<FilterStep> _steps = [];

    /// <summary>Adds a condition of one test.</summary>
    public FilterCondition Add(FilterTest test)
    {
        var index = _steps.Count;
        _steps.Add(new FilterStep(test, FilterStep.Reject, FilterStep.Reject));
        return new FilterCondition(index, [2 * index], [(2 * index) + 1]);
    }

    /// <summary>Joins two conditions, the second of which was added right after the first.</summary>
    public FilterCondition And(FilterCondition first, FilterCondition second)
    {
        Lead(first.Holds, second.Start);
        first.Fails.AddRange(second.Fails);
        return new FilterCondition(first.Start, second.Holds, first.Fails);
    }

    /// <summary>Joins two conditions, the second of which was added right after the first.</summary>
    public FilterCondition Or(FilterCondition first, FilterCondition second) => And(first.Not(), second.Not()).Not();

    /// <summary>Ends with a condition.</summary>
    public FilterStep[] Finish(FilterCondition whole)
    {
        Lead(whole.Holds, FilterStep.Accept);
        Lead(whole.Fails, FilterStep.Reject);
        return [.. _steps];
    }

    private void Lead(List<int> exits, int target)
    {
        foreach (var exit in exits)
        {
            var step = _steps[exit / 2];
            _steps[exit / 2] = exit % 2 == 0 ? step with { Then = target } : step with { Else = target };
        }
    }
}
