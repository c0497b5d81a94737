using System.CommandLine;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>The arguments of the main command: the declared options, and what is more than one value.</summary>
internal sealed class ForwardFlags
{
    private readonly Dictionary<OptionDeclaration, Option> _flags;

    /// <param name="isShown">Which options the help shows; the others are accepted and checked, and do nothing else.</param>
    public ForwardFlags(Predicate<OptionDeclaration>? isShown = null)
    {
        _flags = Options.All.ToDictionary(option => option, Create);
        foreach (var (option, flag) in _flags)
        {
            flag.Hidden = isShown?.Invoke(option) == false;
        }

        Remote.Hidden = isShown?.Invoke(Options.Remote) == false;
        Check.Hidden = isShown?.Invoke(Options.Check) == false;
    }

    /// <summary>The forwards.</summary>
    public Argument<string[]> PortForwards { get; } = new(Options.PortForward.Name)
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = Options.PortForward.Description,
    };

    /// <summary>Takes one value each time: forwards that follow it are not its own.</summary>
    public Option<string[]> Remote { get; } = new(Options.Remote.Name, Options.Remote.ShortName!)
    {
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>Reads everything and runs nothing.</summary>
    public Option<bool> Check { get; } = new(Options.Check.Name);

    /// <summary>What a line gives for an option; null if it gives nothing. One without a value gives an empty one.</summary>
    public string? ValueOf(OptionDeclaration option, ParseResult line) => _flags[option] switch
    {
        Option<bool> flag => line.GetValue(flag) ? "" : null,
        var other => line.GetValue((Option<string>)other),
    };

    /// <summary>Adds what a tunnel is made of, and nothing that listens.</summary>
    public void AddTunnelTo(Command command)
    {
        foreach (var option in Options.All.Where(option => option.IsOfTunnel))
        {
            command.Add(_flags[option]);
        }
    }

    /// <summary>Adds all of it.</summary>
    public void AddTo(Command command)
    {
        command.Add(PortForwards);
        foreach (var option in Options.All)
        {
            command.Add(_flags[option]);
        }

        command.Add(Remote);
        command.Add(Check);
    }

    private static Option Create(OptionDeclaration option) => option.ValueName.Length == 0 ? new Option<bool>(option.Name) : new Option<string>(option.Name)
    {
        Arity = option.IsList ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = option.IsList ? given => string.Join(',', given.Tokens.Select(token => token.Value)) : null,
    };
}
