using Onetun.NetStack;

namespace Onetun.Fuzz;

/// <summary>A game that went wrong.</summary>
/// <param name="Step">The step in which it did; the number of steps for the end.</param>
/// <param name="Error">How.</param>
internal sealed record GameFault(int Step, Exception Error)
{
    /// <summary>The same for the same fault: the rule that was broken, or what threw where.</summary>
    public string Kind => Error switch
    {
        Breach breach => breach.Rule,
        InvariantException => Error.Message,
        _ => $"{Error.GetType().Name} in {Error.TargetSite?.DeclaringType?.Name}.{Error.TargetSite?.Name}",
    };
}
