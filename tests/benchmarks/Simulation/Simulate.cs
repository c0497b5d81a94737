using System.Globalization;
using Onetun.NetStack;

namespace Onetun.Benchmarks.Simulation;

/// <summary><c>simulate</c>: what one flow achieves on paths of every kind, as a Markdown table.</summary>
internal static class Simulate
{
    public static void Run(ReadOnlySpan<string> args)
    {
        if (args is ["trace", ..])
        {
            Trace.Run(args[1..]);
        }
    }
}
