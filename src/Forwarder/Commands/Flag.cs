using System.CommandLine;

namespace Onetun.Forwarder.Commands;

/// <summary>An option that takes one value, which an environment variable may give as well.</summary>
internal sealed class Flag : Option<string>
{
    public Flag(
        string group, string name, string variable, string valueName, string description, params string[] aliases)
        : base(name, aliases)
    {
        Group = group;
        Variable = variable;
        HelpName = valueName;
        Description = description;
        Arity = ArgumentArity.ExactlyOne;
    }

    /// <summary>Under which heading it is explained.</summary>
    public string Group { get; }

    /// <summary>The environment variable.</summary>
    public string Variable { get; }

    /// <summary>What holds without it, for people.</summary>
    public string? Default { get; init; }

    /// <summary>What its value is called, if others must not read it.</summary>
    public string? Secret { get; init; }

    /// <summary>Whether another option, with the variable that ends in _FILE, takes the file of its value.</summary>
    public bool HasFileOption { get; init; }

    /// <summary>Whether it may be given again, which is as good as commas.</summary>
    public bool IsList
    {
        init
        {
            Arity = value ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne;
            AllowMultipleArgumentsPerToken = false;
            CustomParser = value ? given => string.Join(',', given.Tokens.Select(token => token.Value)) : null;
        }
    }
}
