using System.Globalization;
using System.Runtime.Versioning;
using Onetun.Soak;

[assembly: SupportedOSPlatform("linux")]

// In the near namespace that soak.sh makes. Ends with one line of figures, and with 1 if anything failed.
if (args is not [var minutes, var seed, var directory, var farName, var program, .. var clock])
{
    Console.Error.WriteLine("Onetun.Soak MINUTES SEED DIRECTORY FAR-NAMESPACE ONETUN [CLOCK]");
    return 2;
}

var tally = new Tally($"{directory}/journal.log");
var figures = "";
try
{
    using var far = new Network(farName);
    var routes = new Routes(far, directory);
    var onetun = new Forwarder(program, directory, routes, clock is [var path] ? path : null);
    var run = new Run(int.Parse(seed, CultureInfo.InvariantCulture), routes, onetun, tally);
    await run.StartAsync(farName, far, directory);
    var running = run.RunAsync(TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture)));
    figures = await Task.WhenAny(running, onetun.Ended) == running || run.Stops
        ? await running
        : throw new IOException("onetun ended");
}
catch (Exception error) // whatever it is, the line is told
{
    tally.Fail(error.ToString());
}

Console.WriteLine(
    $"soak: {minutes} min, seed {seed}, {tally}{figures}: {(tally.Failures == 0 ? "passed" : $"{tally.Failures} FAILURES")}");
return tally.Failures == 0 ? 0 : 1;
