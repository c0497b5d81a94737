namespace Onetun.Benchmarks.Simulation;

/// <summary><c>simulate [paths [host]...|response|sharing|peers|trace …]</c>: what flows achieve, as Markdown tables; all four without a word.</summary>
internal static class Simulate
{
    public static int Run(ReadOnlySpan<string> args)
    {
        switch (args)
        {
            case []:
                PathTable.Print([]);
                ResponseTable.Print();
                SharingTable.Print([]);
                PeerTable.Print();
                return 0;
            case ["paths", .. var hosts]:
                PathTable.Print(hosts);
                return 0;
            case ["response"]:
                ResponseTable.Print();
                return 0;
            case ["sharing", .. var pairs]:
                SharingTable.Print(pairs);
                return 0;
            case ["peers"]:
                PeerTable.Print();
                return 0;
            case ["trace", _, _, _, _, _, _, ..]:
                Trace.Run(args[1..]);
                return 0;
            default:
                Console.Error.WriteLine(
                    "simulate [paths [host]...|response|sharing [host,host]...|peers|trace RTT-ms Mbit/s loss reordering host[,host] seconds [flows [queue [seconds-between]]]]");
                return 2;
        }
    }

    /// <summary>Works out all of it on all processors, in no order, and tells how far it is.</summary>
    public static double[] Compute(int count, Func<int, double> cell)
    {
        var results = new double[count];
        var done = 0;
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            results[i] = cell(i);
            Console.Error.Write($"\r{Interlocked.Increment(ref done)} of {count} ");
        });
        Console.Error.WriteLine();
        return results;
    }

    public static void Row(IEnumerable<string> cells) => Console.WriteLine($"| {string.Join(" | ", cells)} |");
}
