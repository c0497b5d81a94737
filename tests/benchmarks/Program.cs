using System.Globalization;
using BenchmarkDotNet.Running;
using Onetun.Benchmarks.NetStack;
using Onetun.Benchmarks.Paths;
using Onetun.Benchmarks.Simulation;

switch (args)
{
    case ["simulate", .. var rest]:
        return Simulate.Run(rest);
    case ["idle", .. var rest]:
        IdleConnectionBenchmark.Run(rest is [var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 10_000);
        return 0;
    case ["relay", .. var rest]:
        return Relay.Run(rest);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Simulate).Assembly).Run(args);
        return 0;
}
