namespace Onetun.Deploy.Tests;

/// <summary>As much of a kustomization as ours have.</summary>
internal sealed record KustomizationFile
{
    public string ApiVersion { get; init; } = "";

    public string Kind { get; init; } = "";

    public List<string> Resources { get; init; } = [];
}
