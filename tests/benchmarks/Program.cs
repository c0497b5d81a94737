using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Onetun.Benchmarks.NetStack;
using Onetun.Benchmarks.Paths;
using Onetun.Benchmarks.Simulation;
using Onetun.Benchmarks.Tunnel;

switch (args)
{
    case ["simulate", .. var rest]:
        return Simulate.Run(rest);
    case ["idle", .. var rest]:
        IdleConnectionBenchmark.Run(rest is [var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 10_000);
        return 0;
    case ["flood"]:
        await Flood.RunAsync();
        return 0;
    case ["relay", .. var rest]:
        return Relay.Run(rest);
    default:
        // In this process: for one of their own, benchmarks look for a project that is called as its assembly
        var here = DefaultConfig.Instance.AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance));
        BenchmarkSwitcher.FromAssembly(typeof(Simulate).Assembly).Run(args, here);
        return 0;
}
