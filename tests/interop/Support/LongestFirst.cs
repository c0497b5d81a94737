using Xunit.Sdk;
using Xunit.v3;

namespace Onetun.Interop;

/// <summary>Begins with the collections that take minutes, so that nothing waits at the end for one of them alone.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
    [
        nameof(PlainPeer), nameof(SessionTests), nameof(ReplicaTests), nameof(PageTests), nameof(ManyConnectionsTests), nameof(CaptureTests),
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(Place)];

    private static int Place<TTestCollection>(TTestCollection collection)
        where TTestCollection : ITestCollection =>
        Array.FindIndex(Longest, name => collection.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal))
            is >= 0 and var place ? place : Longest.Length;
}
