namespace Onetun.NetStack.Tests;

/// <summary>A state of a connection, for <see cref="StateMatrixTests"/>: the way there, and the numbers it is at.</summary>
/// <param name="Name">As <see cref="TcpState"/> has it, but for those without a connection of ours.</param>
/// <param name="Way">A script that leads there.</param>
/// <param name="Una">SND.UNA.</param>
/// <param name="Next">SND.NXT.</param>
/// <param name="Peer">RCV.NXT.</param>
internal sealed record StateCase(string Name, string Way, int Una, int Next, int Peer)
{
    private const string Open = """
        0     listen
              < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        """;

    private const string Established = Open + "\n" + "0.1 < ACK 1 ack 1\n";

    private const string FinWait1 = Established + """
        0.2   close
              > FIN+ACK 1 ack 1
        """;

    private const string FinWait2 = FinWait1 + "\n" + "0.25 < ACK 1 ack 2\n";

    private const string CloseWait = Established + """
        0.2   < FIN+ACK 1 ack 1
              > ACK 1 ack 2
        """;

    private static readonly StateCase[] All =
    [
        new("Closed", "", 0, 0, 1),
        new("Listen", "0 listen", 0, 0, 1),
        new("SynSent", "0 connect\n> SYN 0", 0, 1, 1),
        new("SynReceived", Open, 0, 1, 1),
        new("Crossed", "0 connect\n> SYN 0\n< SYN 0 mss 1000\n> SYN+ACK 0 ack 1", 0, 1, 1),
        new("Established", Established, 1, 1, 1),
        new("FinWait1", FinWait1, 1, 2, 1),
        new("FinWait2", FinWait2, 2, 2, 1),
        new("CloseWait", CloseWait, 1, 1, 2),
        new("Closing", FinWait1 + "\n< FIN+ACK 1 ack 1\n> ACK 2 ack 2", 1, 2, 2),
        new("LastAck", CloseWait + "\nclose\n> FIN+ACK 1 ack 2", 1, 2, 2),
        new("TimeWait", FinWait2 + "< FIN+ACK 1 ack 2\n> ACK 2 ack 2", 2, 2, 2),
    ];

    // Until it is accepted, the application has no connection to look at
    private bool HasConnection => Name is not ("Closed" or "Listen" or "SynReceived");

    public static StateCase In(string name) => All.Single(s => s.Name == name);

    public void Play(string segment, int distance, string outcome)
    {
        var words = segment.Split(' ');
        var number = Peer + distance;
        var ack = words[^1] switch
        {
            "all" or "RST+ACK" => Next,
            "unsent" => Next + 1,
            "ancient" => Una - 70_000,
            _ => Una,
        };
        var length = words[0] switch
        {
            "data" or "naked" => 100,
            "SYN" or "SYN+ACK" or "FIN" => 1,
            _ => 0,
        };
        var sent = words[0] switch
        {
            "data" => $"ACK {number}..{number + 100} ack {ack}",
            "naked" => $"- {number}..{number + 100}",
            "FIN" => $"FIN+ACK {number} ack {ack}",
            "SYN" => $"SYN {number} mss 1000",
            "RST" => $"RST {number}",
            _ => $"{words[0]} {number} ack {ack}",
        };
        var script = new TcpScript().Run(Way);
        var parts = outcome.Split('→');
        var hasAck = sent.Contains(" ack ");
        var taken = parts[0] switch { "take" => 100, "fin" => 1, _ => 0 };
        script.Run($"""
            +0.01  < {sent}
            {Answer(parts[0], hasAck ? $"RST {ack}" : $"RST+ACK 0 ack {number + length}", number)}
            {After(parts)}
            +0.05  quiet
            """);
        if (HasConnection && script.Connection.State != TcpState.Closed && parts[0] is not ("syn+ack" or "opened") && Name != "SynSent")
        {
            Assert.Equal(Peer + taken, script.Connection.Receiver.Next);
        }
    }

    private string Answer(string outcome, string reset, int number) => outcome switch
    {
        "ack" => $"> ACK {Next} ack {Peer}",
        "opened" => $"> ACK {Next} ack {number + 1}",
        "fin" => $"> ACK {Next} ack {Peer + 1}",
        "take" => $"readable 100\n+0.04 > ACK {Next} ack {Peer + 100}",
        "rst" => $"> {reset}",
        "syn+ack" => $"> SYN+ACK 0 ack {number + 1}",
        "gone" => "connections 0",
        "-" => "quiet",
        _ => $"ended {outcome["end ".Length..]}\nconnections 0",
    };

    private string After(string[] outcome) => outcome switch
    {
        [_, string state] => $"state {state}\nconnections 1",
        ["gone"] => "connections 0",
        ["syn+ack"] => "connections 1",
        [string end] when end.StartsWith("end", StringComparison.Ordinal) => "connections 0",
        _ => Name switch
        {
            "Closed" or "Listen" => "connections 0",
            "SynReceived" => "connections 1",
            "Crossed" => "state SynReceived",
            _ => $"state {Name}",
        },
    };
}
