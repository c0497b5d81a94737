using System.Text.RegularExpressions;

namespace Onetun.NetStack.Tests;

/// <summary>What each kind of segment does in each state, at, inside, left of and right of the window.</summary>
public sealed partial class StateMatrixTests
{
    /// <summary>
    /// RFC 9293 §3.10.7, with RFC 5961 for RST, SYN and ACK. The places are RCV.NXT, 100 beyond it, 100 before it, and
    /// 100,000 beyond it. A segment acknowledges nothing new, or <c>all</c> we have sent, or one <c>unsent</c> number, or
    /// an <c>ancient</c> one; <c>naked</c> is without ACK. Outcomes:
    /// <list type="bullet">
    /// <item><c>-</c> is silence, and nothing has changed;</item>
    /// <item><c>ack</c> says where we are: a challenge, or text or FIN beyond a gap or outside the window;</item>
    /// <item><c>take</c> and <c>fin</c> advance RCV.NXT by the text or the FIN, and acknowledge it;</item>
    /// <item><c>rst</c> answers with a reset; <c>syn+ack</c> opens;</item>
    /// <item><c>end</c> is the end of the connection, in silence, with that reason; <c>gone</c> if nobody is told;</item>
    /// <item>a state behind <c>→</c> is entered besides.</item>
    /// </list>
    /// </summary>
    private const string Table = """
        state        segment          at                   inside               left      right
        Closed       SYN              rst                  rst                  rst       rst
        Closed       SYN+ACK all      rst                  rst                  rst       rst
        Closed       ACK              rst                  rst                  rst       rst
        Closed       FIN              rst                  rst                  rst       rst
        Closed       RST              -                    -                    -         -
        Closed       RST+ACK          -                    -                    -         -
        Closed       data             rst                  rst                  rst       rst
        Closed       naked            rst                  rst                  rst       rst

        Listen       SYN              syn+ack              syn+ack              syn+ack   syn+ack
        Listen       SYN+ACK all      rst                  rst                  rst       rst
        Listen       ACK              rst                  rst                  rst       rst
        Listen       FIN              rst                  rst                  rst       rst
        Listen       RST              -                    -                    -         -
        Listen       RST+ACK          -                    -                    -         -
        Listen       data             rst                  rst                  rst       rst
        Listen       naked            -                    -                    -         -

        SynSent      SYN              syn+ack→SynReceived  syn+ack→SynReceived  syn+ack→SynReceived  syn+ack→SynReceived
        SynSent      SYN+ACK all      opened→Established   opened→Established   opened→Established   opened→Established
        SynSent      SYN+ACK unsent   rst                  rst                  rst       rst
        SynSent      ACK              rst                  rst                  rst       rst
        SynSent      ACK all          -                    -                    -         -
        SynSent      ACK unsent       rst                  rst                  rst       rst
        SynSent      FIN              rst                  rst                  rst       rst
        SynSent      FIN all          -                    -                    -         -
        SynSent      RST              -                    -                    -         -
        SynSent      RST+ACK          end Refused          end Refused          end Refused  end Refused
        SynSent      data             rst                  rst                  rst       rst
        SynSent      data all         -                    -                    -         -
        SynSent      naked            -                    -                    -         -

        SynReceived  SYN              gone                 gone                 ack       ack
        SynReceived  SYN+ACK all      gone                 gone                 ack       ack
        SynReceived  ACK              rst                  rst                  ack       ack
        SynReceived  ACK all          -→Established        -→Established        ack       ack
        SynReceived  ACK unsent       rst                  rst                  ack       ack
        SynReceived  FIN              rst                  rst                  ack       ack
        SynReceived  FIN all          fin→CloseWait        ack→Established      ack       ack
        SynReceived  RST              gone                 ack                  -         -
        SynReceived  RST+ACK          gone                 ack                  -         -
        SynReceived  data             rst                  rst                  ack       ack
        SynReceived  data all         take→Established     ack→Established      ack       ack
        SynReceived  naked            -                    -                    ack       ack

        Crossed      SYN              ack                  ack                  ack       ack
        Crossed      SYN+ACK all      ack                  ack                  ack       ack
        Crossed      ACK              rst                  rst                  ack       ack
        Crossed      ACK all          -→Established        -→Established        ack       ack
        Crossed      ACK unsent       rst                  rst                  ack       ack
        Crossed      FIN all          fin→CloseWait        ack→Established      ack       ack
        Crossed      RST              end Refused          ack                  -         -
        Crossed      RST+ACK          end Refused          ack                  -         -
        Crossed      data all         take→Established     ack→Established      ack       ack
        Crossed      naked            -                    -                    ack       ack

        Established  SYN              ack                  ack                  ack       ack
        Established  SYN+ACK all      ack                  ack                  ack       ack
        Established  ACK              -                    -                    ack       ack
        Established  ACK unsent       ack                  ack                  ack       ack
        Established  ACK ancient      ack                  ack                  ack       ack
        Established  FIN              fin→CloseWait        ack                  ack       ack
        Established  RST              end Reset            ack                  -         -
        Established  RST+ACK          end Reset            ack                  -         -
        Established  data             take                 ack                  ack       ack
        Established  data unsent      ack                  ack                  ack       ack
        Established  naked            -                    -                    ack       ack

        FinWait1     SYN              ack                  ack                  ack       ack
        FinWait1     SYN+ACK all      ack                  ack                  ack       ack
        FinWait1     ACK              -                    -                    ack       ack
        FinWait1     ACK all          -→FinWait2           -→FinWait2           ack       ack
        FinWait1     ACK unsent       ack                  ack                  ack       ack
        FinWait1     ACK ancient      ack                  ack                  ack       ack
        FinWait1     FIN              fin→Closing          ack                  ack       ack
        FinWait1     FIN all          fin→TimeWait         ack→FinWait2         ack       ack
        FinWait1     RST              end Reset            ack                  -         -
        FinWait1     RST+ACK          end Reset            ack                  -         -
        FinWait1     data             take                 ack                  ack       ack
        FinWait1     data all         take→FinWait2        ack→FinWait2         ack       ack
        FinWait1     naked            -                    -                    ack       ack

        FinWait2     SYN              ack                  ack                  ack       ack
        FinWait2     SYN+ACK all      ack                  ack                  ack       ack
        FinWait2     ACK              -                    -                    ack       ack
        FinWait2     ACK unsent       ack                  ack                  ack       ack
        FinWait2     ACK ancient      ack                  ack                  ack       ack
        FinWait2     FIN              fin→TimeWait         ack                  ack       ack
        FinWait2     RST              end Reset            ack                  -         -
        FinWait2     RST+ACK          end Reset            ack                  -         -
        FinWait2     data             take                 ack                  ack       ack
        FinWait2     naked            -                    -                    ack       ack

        CloseWait    SYN              ack                  ack                  ack       ack
        CloseWait    SYN+ACK all      ack                  ack                  ack       ack
        CloseWait    ACK              -                    -                    ack       ack
        CloseWait    ACK unsent       ack                  ack                  ack       ack
        CloseWait    ACK ancient      ack                  ack                  ack       ack
        CloseWait    FIN              ack                  ack                  ack       ack
        CloseWait    RST              end Reset            ack                  -         -
        CloseWait    RST+ACK          end Reset            ack                  -         -
        CloseWait    data             ack                  ack                  ack       ack
        CloseWait    naked            -                    -                    ack       ack

        Closing      SYN              ack                  ack                  ack       ack
        Closing      SYN+ACK all      ack                  ack                  ack       ack
        Closing      ACK              -                    -                    ack       ack
        Closing      ACK all          -→TimeWait           -→TimeWait           ack       ack
        Closing      ACK unsent       ack                  ack                  ack       ack
        Closing      ACK ancient      ack                  ack                  ack       ack
        Closing      FIN              ack                  ack                  ack       ack
        Closing      FIN all          ack→TimeWait         ack→TimeWait         ack       ack
        Closing      RST              end Reset            ack                  -         -
        Closing      RST+ACK          end Reset            ack                  -         -
        Closing      data             ack                  ack                  ack       ack
        Closing      naked            -                    -                    ack       ack

        LastAck      SYN              ack                  ack                  ack       ack
        LastAck      SYN+ACK all      ack                  ack                  ack       ack
        LastAck      ACK              -                    -                    ack       ack
        LastAck      ACK all          end Graceful         end Graceful         ack       ack
        LastAck      ACK unsent       ack                  ack                  ack       ack
        LastAck      ACK ancient      ack                  ack                  ack       ack
        LastAck      FIN              ack                  ack                  ack       ack
        LastAck      FIN all          end Graceful         end Graceful         ack       ack
        LastAck      RST              end Reset            ack                  -         -
        LastAck      RST+ACK          end Reset            ack                  -         -
        LastAck      data             ack                  ack                  ack       ack
        LastAck      naked            -                    -                    ack       ack

        TimeWait     SYN              ack                  syn+ack              ack       syn+ack
        TimeWait     SYN+ACK all      ack                  ack                  ack       ack
        TimeWait     ACK              -                    -                    ack       ack
        TimeWait     ACK unsent       ack                  ack                  ack       ack
        TimeWait     ACK ancient      ack                  ack                  ack       ack
        TimeWait     FIN              ack                  ack                  ack       ack
        TimeWait     RST              -                    -                    -         -
        TimeWait     RST+ACK          -                    -                    -         -
        TimeWait     data             ack                  ack                  ack       ack
        TimeWait     naked            -                    -                    ack       ack
        """;

    public static IEnumerable<TheoryDataRow<string, string, string>> Rows =>
        from line in Table.Split('\n').Skip(1)
        where line.Length > 0
        let cells = Gap().Split(line)
        select new TheoryDataRow<string, string, string>(cells[0], cells[1], string.Join(" | ", cells[2..]));

    [Theory]
    [MemberData(nameof(Rows))]
    public void Segment_has_the_outcome_of_the_table(string state, string segment, string outcomes)
    {
        int[] places = [0, 100, -100, 100_000];
        var cells = outcomes.Split(" | ");
        Assert.Equal(places.Length, cells.Length);
        for (var i = 0; i < places.Length; i++)
        {
            StateCase.In(state).Play(segment, places[i], cells[i]);
        }
    }

    [GeneratedRegex("  +")]
    private static partial Regex Gap();
}
