namespace Onetun.Tests.Support;

/// <summary>
/// Tests that count what the process has run alone. Of allocated bytes, for example: a collection that another test sets off
/// retires this thread's allocation context, and its unused rest (up to 8 KB) counts as allocated.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
