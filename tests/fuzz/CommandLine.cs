using System.Globalization;
using System.Security.Cryptography;

namespace Onetun.Fuzz;

/// <summary>What the command line asks for.</summary>
internal sealed class CommandLine
{
    public const string Help = """
        Usage: Onetun.Tests.Fuzz [--seconds N] [--inputs N] [--games N] [--seed S] [--target NAME]... [--threads N] [--list]

          --seconds N      for so long in all, shared by the targets (10)
          --inputs N       until the subjects were given so many inputs in all, shared by the targets
          --games N        so many games of each target
          --seed S         of the first game of each target; without it a new one, which is printed
          --target NAME    only this one; may be given several times
          --threads N      games at once (1)
          --list           the targets
        """;

    private readonly List<string> _targets = [];
    private double? _seconds;
    private long? _inputs;
    private long? _games;
    private int _threads = 1;

    public bool List { get; private set; }

    public ulong Seed { get; private set; } = (ulong)RandomNumberGenerator.GetInt32(1, int.MaxValue);

    /// <summary>Those that are to run; empty if one is named that is not there.</summary>
    public IReadOnlyList<Target> Targets => _targets.Count == 0 ? Fuzz.Targets.All
        : _targets.TrueForAll(name => Find(name) is not null) ? [.. _targets.Select(name => Find(name)!)]
        : [];

    /// <summary>The share of each target.</summary>
    public Limits Limits
    {
        get
        {
            var isBounded = _inputs is not null || _games is not null;
            var seconds = _seconds ?? (isBounded ? TimeSpan.FromDays(7).TotalSeconds : 10);
            return new Limits(
                Seed,
                _threads,
                TimeSpan.FromSeconds(seconds / Targets.Count),
                _inputs / Targets.Count ?? long.MaxValue,
                _games ?? long.MaxValue);
        }
    }

    /// <summary>Null if it cannot be read.</summary>
    public static CommandLine? Read(string[] args)
    {
        var line = new CommandLine();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--list")
            {
                line.List = true;
            }
            else if (i + 1 == args.Length || !line.Take(args[i], args[++i]))
            {
                return null;
            }
        }

        return line.Targets.Count > 0 ? line : null;
    }

    private static Target? Find(string name) => Fuzz.Targets.All.FirstOrDefault(target => target.Name == name);

    private bool Take(string option, string value)
    {
        if (option == "--target")
        {
            _targets.Add(value);
            return true;
        }

        if (!ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || (option != "--seed" && number is 0 or > int.MaxValue))
        {
            return false;
        }

        switch (option)
        {
            case "--seconds":
                _seconds = number;
                return true;
            case "--inputs":
                _inputs = (long)number;
                return true;
            case "--games":
                _games = (long)number;
                return true;
            case "--seed":
                Seed = number;
                return true;
            case "--threads":
                _threads = (int)number;
                return true;
            default:
                return false;
        }
    }
}
