using System.CommandLine;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>The arguments of the main command: the declared options, and what is more than one value.</summary>
internal sealed class ForwardFlags
{
    private readonly Dictionary<OptionDeclaration, Option<string>> _flags = Options.All.ToDictionary(option => option, Create);

    /// <summary>The forwards, also from <c>ONETUN_PORT_FORWARD_1</c> and so on.</summary>
    public Argument<string[]> PortForwards { get; } = new("PORT_FORWARD")
    {
        Arity = ArgumentArity.ZeroOrMore,
        // From the usage lines of the subcommands; the main command writes its own
        Hidden = true,
        Description = "Port forwards: [src_host:]<src_port>:<dst_host>:<dst_port>[:TCP,UDP,...]",
    };

    /// <summary>Takes one value each time: the forwards behind it are not its own.</summary>
    public Option<string[]> Remote { get; } = new("--remote", "-r")
    {
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        HelpName = "forward",
        Description = "Forwards a port of our address in the WireGuard network to this side: "
            + "<src_port>:<dst_host>:<dst_port>[:TCP,UDP,...]. Can be repeated.",
    };

    /// <summary>Reads everything and runs nothing.</summary>
    public Option<bool> Check { get; } = new("--check")
    {
        Description = "Shows what would run, or what is wrong, and exits.",
    };

    /// <summary>What a line gives for an option; null where it has none.</summary>
    public string? ValueOf(OptionDeclaration option, ParseResult line) => line.GetValue(_flags[option]);

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
        command.Add(Remote);
        command.Add(Check);
        foreach (var option in Options.All)
        {
            command.Add(_flags[option]);
        }
    }

    private static Option<string> Create(OptionDeclaration option) => new(option.Name)
    {
        HelpName = option.ValueName,
        Description = option.Description,
        Arity = option.IsList ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = option.IsList ? given => string.Join(',', given.Tokens.Select(token => token.Value)) : null,
    };
}
