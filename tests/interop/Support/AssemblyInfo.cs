global using Xunit;

// the tests share two cores and one peer
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
