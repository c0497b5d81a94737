using Onetun.Forwarder.Control;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>Lays out how processes stand: interface and peers as <c>wg show</c> does, forwards as a table.</summary>
internal static class StatusView
{
    private static readonly string[] Numbers = ["Open", "Total", "Failed", "Up", "Down"];

    public static IRenderable Of(IReadOnlyList<ProcessStatus> processes) =>
        new Rows(processes.SelectMany(Of));

    private static IEnumerable<IRenderable> Of(ProcessStatus process)
    {
        var uptime = StatusUnits.Duration(TimeSpan.FromSeconds(process.UptimeSeconds));
        yield return Line(
            $"onetun {process.Version}, process {process.Pid}, up {uptime}", new Style(decoration: Decoration.Bold));
        if (process.Configuration is { } file)
        {
            yield return Line($"  configuration: {file}");
        }

        yield return Line($"  interface: {string.Join(", ", process.Addresses)}");
        yield return Line($"  public key: {process.PublicKey}");
        yield return Line($"  listening port: {process.ListenPort}");
        if (process.Encryption is { } library)
        {
            yield return Line($"  encryption: {library}");
        }

        foreach (var drop in process.Drops)
        {
            yield return Line($"  dropped {drop.Direction}, {drop.Layer}: {drop.Reason.Replace('_', ' ')}: {drop.Count}");
        }

        foreach (var peer in process.Peers)
        {
            yield return Line("");
            yield return Line($"  peer: {peer.PublicKey}", new Style(Color.Green));
            yield return Line($"    endpoint: {EndpointOf(peer)}");
            yield return Handshake(peer, process.At);
            if (peer.PathMtu is { } mtu)
            {
                yield return Line($"    path: packets of at most {mtu} bytes");
            }

            yield return Line($"    transfer: {StatusUnits.Bytes(peer.ReceivedBytes)} received, "
                + $"{StatusUnits.Bytes(peer.SentBytes)} sent");
            yield return Line($"    rate: {StatusUnits.Rate(peer.ReceivedBytesPerSecond)} received, "
                + $"{StatusUnits.Rate(peer.SentBytesPerSecond)} sent");
        }

        // The table brings an empty line above and below.
        yield return process.Forwards.Count > 0 ? Forwards(process.Forwards) : Line("");
    }

    private static string EndpointOf(PeerStatus peer) =>
        peer.Endpoint ?? (peer.EndpointName is { } name ? $"({name} has no address yet)" : "(speaks first)");

    private static Text Handshake(PeerStatus peer, DateTime now)
    {
        var text = $"    latest handshake: {StatusUnits.Ago(peer.LastHandshake, now)}";
        return peer.HasSession || peer.UnansweredHandshakes == 0
            ? Line(text)
            : Line($"{text}, {peer.UnansweredHandshakes} unanswered since", new Style(Color.Red));
    }

    // Each has two lines, of totals and of rates, so that it fits 80 columns.
    private static Table Forwards(IReadOnlyList<ForwardStatus> forwards)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("Forward");
        foreach (var number in Numbers)
        {
            table.AddColumn(new TableColumn(number) { NoWrap = true }.RightAligned());
        }

        foreach (var forward in forwards)
        {
            table.AddRow(
                Lines($"{forward.Protocol} {forward.Local}", forward.Remote is null ? "" : $" -> {forward.Remote}"),
                Line($"{forward.Open}"),
                Line($"{forward.Total}"),
                Line($"{forward.Failed}"),
                Lines(StatusUnits.Bytes(forward.BytesUp), StatusUnits.Rate(forward.BytesUpPerSecond)),
                Lines(StatusUnits.Bytes(forward.BytesDown), StatusUnits.Rate(forward.BytesDownPerSecond)));
        }

        return table;
    }

    private static Text Line(string text, Style? style = null) => new(Printable(text), style);

    private static Text Lines(string first, string second) => new($"{Printable(first)}\n{Printable(second)}");

    // What another process says must not move the cursor.
    private static string Printable(string text) => string.Concat(text.Where(character => !char.IsControl(character)));
}
