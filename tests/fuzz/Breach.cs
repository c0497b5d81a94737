namespace Onetun.Fuzz;

/// <summary>An invariant does not hold.</summary>
/// <param name="rule">What should, the same words each time.</param>
/// <param name="found">What is.</param>
internal sealed class Breach(string rule, string found = "") : Exception($"{rule}: {found}")
{
    public string Rule => rule;

    /// <summary>Throws, unless it holds.</summary>
    public static void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw new Breach(rule);
        }
    }
}
