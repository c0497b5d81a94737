namespace Onetun.Deploy.Tests;

internal sealed record ComposeService
{
    public string Image { get; init; } = "";

    public List<string> Command { get; init; } = [];

    public string User { get; init; } = "";

    public bool ReadOnly { get; init; }

    public List<string> CapDrop { get; init; } = [];

    public List<string> SecurityOpt { get; init; } = [];

    public string MemLimit { get; init; } = "";

    public string StopGracePeriod { get; init; } = "";

    public string Restart { get; init; } = "";

    public List<string> Ports { get; init; } = [];

    public List<string> DependsOn { get; init; } = [];

    public List<Dictionary<string, string>> Configs { get; init; } = [];

    public List<Dictionary<string, string>> Secrets { get; init; } = [];
}
