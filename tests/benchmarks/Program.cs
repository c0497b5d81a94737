using BenchmarkDotNet.Running;
using Onetun.Benchmarks.Simulation;

if (args is ["simulate", .. var rest])
{
    Simulate.Run(rest);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Simulate).Assembly).Run(args);
