using System.Text;
using System.Text.Json;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>
/// Whether a connection has a chance: not when every peer has left our initiations without an answer, or is nowhere yet. A
/// tunnel that nobody has used yet is ready, unless it is peers that use it: WireGuard is silent until there is something to
/// say. A session says nothing: it stands for 180 s (WireGuard §6.2), whether somebody is there or not. Nobody should begin
/// with a forwarder that is stopping.
/// </summary>
/// <param name="Peers">All there are.</param>
/// <param name="IsReached">Peers connect to us, which takes a handshake first: they do not know where we are.</param>
/// <param name="IsStopping">Only the connections there are may finish.</param>
internal sealed record Readiness(IReadOnlyList<PeerStatistics> Peers, bool IsReached, bool IsStopping = false)
{
    /// <summary>
    /// The second initiation goes out 5 s after the first (WireGuard §6.4): until then it may just be under way.
    /// </summary>
    private const int Unanswered = 1;

    public bool IsReady => !IsStopping && Peers.Any(
        peer => peer.EndPoint is not null && peer.HandshakeAttempts <= Unanswered && (!IsReached || peer.LastHandshake is not null));

    /// <summary>The same with its reasons.</summary>
    public string Describe(DateTime now)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteBoolean("ready", IsReady);
            json.WriteBoolean("stopping", IsStopping);
            json.WriteStartArray("peers");
            foreach (var peer in Peers)
            {
                json.WriteStartObject();
                json.WriteString("publicKey", peer.PublicKey.ToString());
                json.WriteString("endpoint", peer.EndPoint?.ToString());
                json.WriteBoolean("session", peer.HasSession);
                json.WriteNumber("unansweredHandshakes", peer.HandshakeAttempts);
                if (peer.LastHandshake is { } at)
                {
                    json.WriteNumber("handshakeAgeSeconds", Math.Round((now - at).TotalSeconds, 1));
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
