using Onetun.Forwarder.Control;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>Lays out how processes stand: interface and peers as <c>wg show</c> does, forwards as a table.</summary>
internal static class StatusView
{
    private static readonly string[] Columns =
        ["Forward", "Local", "Remote", "Open", "Total", "Failed", "Up", "Rate up", "Down", "Rate down"];

    /// <summary>From here on columns hold numbers.</summary>
    private const int FirstNumber = 3;

    public static IRenderable Of(IReadOnlyList<ProcessStatus> processes) =>
        new Rows(processes.SelectMany(Of));

    private static IEnumerable<IRenderable> Of(ProcessStatus process)
    {
        var uptime = StatusUnits.Duration(TimeSpan.FromSeconds(process.UptimeSeconds));
        yield return Line(
            $"onetun {process.Version}, process {process.Pid}, up {uptime}", new Style(decoration: Decoration.Bold));
        yield return Line($"  interface: {string.Join(", ", process.Addresses)}");
        yield return Line($"  public key: {process.PublicKey}");
        yield return Line($"  listening port: {process.ListenPort}");
        foreach (var peer in process.Peers)
        {
            yield return Line("");
            yield return Line($"  peer: {peer.PublicKey}", new Style(Color.Green));
            yield return Line($"    endpoint: {peer.Endpoint ?? "(speaks first)"}");
            yield return Handshake(peer, process.At);
            yield return Line($"    transfer: {StatusUnits.Bytes(peer.ReceivedBytes)} received, "
                + $"{StatusUnits.Bytes(peer.SentBytes)} sent");
            yield return Line($"    rate: {StatusUnits.Rate(peer.ReceivedBytesPerSecond)} received, "
                + $"{StatusUnits.Rate(peer.SentBytesPerSecond)} sent");
        }

        // .. the table brings an empty line above and below
        yield return process.Forwards.Count > 0 ? Forwards(process.Forwards) : Line("");
    }

    private static Text Handshake(PeerStatus peer, DateTime now)
    {
        var text = $"    latest handshake: {StatusUnits.Ago(peer.LastHandshake, now)}";
        return peer.HasSession || peer.UnansweredHandshakes == 0
            ? Line(text)
            : Line($"{text}, {peer.UnansweredHandshakes} unanswered since", new Style(Color.Red));
    }

    private static Table Forwards(IReadOnlyList<ForwardStatus> forwards)
    {
        var table = new Table { Border = TableBorder.Simple };
        for (var i = 0; i < Columns.Length; i++)
        {
            var column = new TableColumn(Columns[i]) { NoWrap = i >= FirstNumber };
            table.AddColumn(i >= FirstNumber ? column.RightAligned() : column);
        }

        foreach (var forward in forwards)
        {
            string[] cells =
            [
                forward.Protocol,
                forward.Local,
                forward.Remote ?? "-",
                $"{forward.Open}",
                $"{forward.Total}",
                $"{forward.Failed}",
                StatusUnits.Bytes(forward.BytesUp),
                StatusUnits.Rate(forward.BytesUpPerSecond),
                StatusUnits.Bytes(forward.BytesDown),
                StatusUnits.Rate(forward.BytesDownPerSecond),
            ];
            table.AddRow(cells.Select(cell => Line(cell)));
        }

        return table;
    }

    // .. what another process says may move no cursor
    private static Text Line(string text, Style? style = null) =>
        new(string.Concat(text.Where(character => !char.IsControl(character))), style);
}
