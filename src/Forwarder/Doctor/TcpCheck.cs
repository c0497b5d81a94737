using System.Globalization;
using System.Net;

namespace Onetun.Forwarder.Doctor;

/// <summary>The destination of a TCP forward takes connections.</summary>
internal sealed class TcpCheck(ProbeTunnel tunnel, IPAddress source, IPEndPoint destination)
{
    // A stack of ours begins with lower ports.
    private const int LowestPort = 49152;

    public async Task<Finding> RunAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var port = Random.Shared.Next(LowestPort, 65536);
        var sequence = (uint)Random.Shared.Next();
        var probe = new SynProbe(new IPEndPoint(source, port), destination, sequence);
        var answer = await tunnel.ProbeAsync(probe, patience, cancellationToken).ConfigureAwait(false);
        return Of(source, destination, answer);
    }

    /// <summary>What an answer to a SYN means, or the lack of one.</summary>
    public static Finding Of(IPAddress source, IPEndPoint destination, ProbeAnswer? answer)
    {
        var name = $"TCP {destination}";
        return answer switch
        {
            { Kind: ProbeResult.Answered } => Finding.Ok(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: open, after {Math.Max(1, answer.After.TotalMilliseconds):0} ms")),
            { Kind: ProbeResult.Refused } => Finding.Problem(
                $"{name}: refused by {answer.From}",
                "Check the port, that the service runs there, and that it listens on that address, not on 127.0.0.1."),
            { } => Finding.Problem(
                $"{name}: {answer.From} says it is unreachable",
                "Check the address, and there the routes and firewalls behind the endpoint."),
            null => Finding.Problem(
                $"{name}: no answer to SYN",
                $"Check that the host is up, that the endpoint's AllowedIPs for us hold {source}, that it forwards "
                + "(net.ipv4.ip_forward), that the host has a route back, and firewalls on the way."),
        };
    }
}
