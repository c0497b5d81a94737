using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Diagnostics.Doctor;

/// <summary>What was written can be used: keys, addresses, forwards, and names that must resolve for it.</summary>
internal static class ConfigurationCheck
{
    public static IEnumerable<Finding> Of(ForwarderConfiguration? configuration, IReadOnlyList<Fault> faults)
    {
        if (configuration is null)
        {
            return faults.Select(fault => Finding.Problem(fault.Message, AdviceOn(fault.Message)));
        }

        var (peers, forwards) = (configuration.Tunnel.Peers.Count, configuration.Forwards.Count);
        var found = Finding.Ok($"configuration: {Count(peers, "peer")}, {Count(forwards, "forward")}; "
            + $"our public key is {configuration.Tunnel.PrivateKey.PublicKey}");
        return [found, .. configuration.Warnings.Select(warning => Finding.Note(warning))];
    }

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    private static string AdviceOn(string fault) =>
        fault.Contains("Could not lookup", StringComparison.Ordinal)
        || fault.Contains("Could not resolve", StringComparison.Ordinal)
            ? "Check the name, and that this machine has a network and a resolver that knows it; or give an address."
            : fault.Contains("it is our own", StringComparison.Ordinal)
                ? "Give the endpoint's public key: 'wg show' says it there."
                : "'onetun --help' explains every option; 'onetun --check' shows what would run.";
}
