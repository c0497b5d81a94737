global using Xunit;

// Most tests wait more than they work, so that two cores are enough for three. Those of a collection share a peer, which knows us by
// one key: they run one after the other.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.Collections, MaxThreads = 3)]
[assembly: TestCollectionOrderer(typeof(Onetun.Interop.LongestFirst))]
