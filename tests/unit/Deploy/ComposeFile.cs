using YamlDotNet.Serialization;

namespace Onetun.Deploy.Tests;

/// <summary>As much of a Compose file as ours has.</summary>
internal sealed record ComposeFile
{
    public string Name { get; init; } = "";

    [YamlMember(Alias = "x-onetun", ApplyNamingConventions = false)]
    public ComposeService? Common { get; init; }

    public Dictionary<string, ComposeService> Services { get; init; } = [];

    public Dictionary<string, Dictionary<string, string>> Configs { get; init; } = [];

    public Dictionary<string, Dictionary<string, string>> Secrets { get; init; } = [];
}
