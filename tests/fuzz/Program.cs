using Onetun.Fuzz;

if (CommandLine.Read(args) is not { } line)
{
    Console.Error.WriteLine(CommandLine.Help);
    return 2;
}

if (line.List)
{
    foreach (var target in line.Targets)
    {
        Console.WriteLine($"{target.Name,-16} {target.About}");
    }

    return 0;
}

Console.WriteLine($"seed {line.Seed}");
long inputs = 0;
var faults = 0;
foreach (var target in line.Targets)
{
    var run = new Run(target, line.Limits);
    run.Play(Console.Out);
    inputs += run.Inputs;
    faults += run.Faults;
}

faults += Memory.Check(Console.Out) ? 0 : 1;
Console.WriteLine($"Fuzz     ran {inputs} inputs, {faults} faults");
return faults == 0 ? 0 : 1;
