using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Doctor;

/// <summary>What was written can be used: keys, addresses, forwards, and names that must resolve for it.</summary>
internal static class ConfigurationCheck
{
    private const string GeneralAdvice =
        "'onetun --help' explains every option; 'onetun --check' shows what would run.";

    public static IEnumerable<Finding> Of(ForwarderConfiguration? configuration, IReadOnlyList<Fault> faults)
    {
        if (configuration is null)
        {
            var last = faults.LastOrDefault(fault => fault.Advice is null);
            return faults.Select(fault => new Finding(
                Verdict.Problem, fault.Message, ReferenceEquals(fault, last) ? GeneralAdvice : fault.Advice));
        }

        var (peers, forwards) = (configuration.Tunnel.Peers.Count, configuration.Forwards.Count);
        var found = Finding.Ok($"configuration: {Count(peers, "peer")}, {Count(forwards, "forward")}; "
            + $"our public key is {configuration.Tunnel.PrivateKey.PublicKey}");
        return [found, .. configuration.Warnings.Select(warning => Finding.Note(warning))];
    }

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
