using System.Globalization;
using System.Net.Sockets;
using Onetun.Tunnel;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Doctor;

/// <summary>
/// The endpoint answers our handshake. A wrong key, a wrong port and a firewall are all met with silence, on purpose:
/// then there is only a list of what to look at.
/// </summary>
internal static class HandshakeCheck
{
    public static Finding Of(PeerOptions peer, PublicKey ours, HandshakeOutcome outcome)
    {
        var busy = outcome.WasBusy ? "; it is busy, and asked us to prove our address" : "";
        var name = $"handshake with {peer.EndPoint}";
        return outcome.Ending switch
        {
            HandshakeEnding.Answered => Finding.Ok($"{name}: answered after {Milliseconds(outcome.After)}{busy}"),
            HandshakeEnding.PresharedKeysDiffer => Finding.Problem(
                $"{name}: answered, but the answer does not decrypt",
                $"The preshared keys differ: here there is {(peer.PresharedKey is null ? "none" : "one")}; compare it "
                + "with the endpoint's PresharedKey for us."),
            HandshakeEnding.Refused => Finding.Problem(
                $"{name}: refused, as nothing listens on that UDP port (ICMP port unreachable)",
                "Check the port (WireGuard's ListenPort there), and that WireGuard is up: 'wg show'."),
            HandshakeEnding.NotSent => Finding.Problem(
                $"{name}: this machine cannot send there: {new SocketException((int)outcome.Error!).Message}",
                AdviceOn(outcome.Error.Value)),
            _ when outcome.WasBusy => Finding.Problem(
                $"{name}: busy; it asked us to prove our address, and gave no answer in {Seconds(outcome.After)}",
                "Try again later: the endpoint is under load, or under attack."),
            _ when outcome.WasForeign => Finding.Problem(
                $"{name}: something answers there, but not WireGuard",
                "Check the address and the port (WireGuard's ListenPort there)."),
            _ => Finding.Problem($"{name}: no answer in {Seconds(outcome.After)}", AdviceOnSilence(peer, ours)),
        };
    }

    /// <summary>The peer has no endpoint: nothing can be asked of it.</summary>
    public static Finding OfPassive(PeerOptions peer) =>
        Finding.Skipped($"handshake with {peer.PublicKey}: it has no endpoint here, so it has to speak first");

    /// <summary>Its endpoint is a name for which no resolver gives an address at present.</summary>
    public static Finding OfUnresolved(PeerOptions peer, NamedEndPoint name) => Finding.Problem(
        $"handshake with {peer.PublicKey}: no resolver of this machine answers for {name}",
        "Check this machine's network and its resolvers (/etc/resolv.conf).");

    private static string AdviceOnSilence(PeerOptions peer, PublicKey ours) =>
        $"Check there: WireGuard is up on UDP port {peer.KnownEndPoint()!.Port} ('wg show'), firewalls let it through, it has "
        + $"a peer with our public key {ours}, its own is {peer.PublicKey}. Check here: our clock is not behind what "
        + "it was at an earlier handshake.";

    private static string AdviceOn(SocketError error) => error switch
    {
        SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.AddressNotAvailable =>
            "Check this machine's network: it has no route there, or no address of that IP version.",
        SocketError.AccessDenied => "A firewall of this machine forbids it: check its rules for outgoing UDP.",
        _ => "Check this machine's network and --endpoint-bind-addr.",
    };

    private static string Milliseconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, time.TotalMilliseconds):0} ms");

    private static string Seconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");
}
