using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Doctor;

/// <summary>
/// Packets of the full MTU come through to a host and back. Where they do not and small ones do, connections open and then hang
/// at the first large answer.
/// </summary>
internal sealed class MtuCheck(ProbeTunnel tunnel, IPAddress source, IPAddress destination, TunnelOptions options)
{
    // It is sent last: once its answer is there, those of the others were lost on the way and are not merely late.
    private const int Small = 84;

    private const int Attempts = 3;

    private const int SmallestWithIPv6 = 1280;

    // These are what is left besides the headers of PPPoE, VLANs and a second tunnel, IPv6's minimum, what an outer path of
    // 1,280 bytes leaves, and the least of IPv4.
    private static readonly int[] Lengths =
        [1412, 1400, 1392, 1380, 1360, 1340, 1320, 1300, 1280, 1264, 1248, 1232, 1216, 1200, 1000, 576];

    public async Task<Finding> RunAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var (mtu, hasIPv6) = (options.Mtu, options.Addresses.Any(ours => ours.Address.AddressFamily == AddressFamily.InterNetworkV6));
        var answers = await EchoAsync([mtu, Small], patience, cancellationToken).ConfigureAwait(false);
        if (answers.Contains(mtu))
        {
            return Of(destination, mtu, answers.Max(), hasIPv6);
        }

        if (answers.Count == 0)
        {
            return Of(destination, mtu, null, hasIPv6);
        }

        for (var attempt = 0; attempt < Attempts && answers.Count <= 1; attempt++)
        {
            answers = await EchoAsync([.. Lengths.Where(length => length < mtu), Small], patience, cancellationToken)
                .ConfigureAwait(false);
        }

        return Of(destination, mtu, answers.Append(Small).Max(), hasIPv6);
    }

    /// <summary>What the longest packet means that came back, or that none did.</summary>
    public static Finding Of(IPAddress destination, int mtu, int? longest, bool hasIPv6 = false)
    {
        var name = $"MTU to {destination}";
        var came = $"{name}: small packets come back, those of {mtu} bytes do not; the longest that did had {longest}";
        return longest switch
        {
            null => Finding.Note($"{name}: not known, as it does not answer ping"),
            _ when longest >= mtu => Finding.Ok($"{name}: packets of {mtu} bytes come back"),
            > Small and < SmallestWithIPv6 when hasIPv6 => Finding.Note(
                $"{came}. With an IPv6 address inside no MTU below {SmallestWithIPv6} can be given, and none need be: "
                + "onetun notices, and sends less"),
            _ => Finding.Problem(came, Advice(longest.Value)),
        };
    }

    private static string Advice(int longest) => longest switch
    {
        <= Small => "Give a smaller --max-transmission-unit (MTU in a file), here and on the other side.",
        _ => $"Give --max-transmission-unit {longest} (MTU in a file), and perhaps on the other side as well.",
    };

    private async Task<List<int>> EchoAsync(int[] lengths, TimeSpan patience, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(lengths.Select(length => tunnel.ProbeAsync(
            new EchoProbe(source, destination, (ushort)Random.Shared.Next(65536), length),
            patience,
            cancellationToken))).ConfigureAwait(false);
        return
        [
            .. lengths.Zip(answers)
                .Where(pair => pair.Second?.Kind == ProbeResult.Answered)
                .Select(pair => pair.First),
        ];
    }
}
