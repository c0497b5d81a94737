namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class NtlmTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    private const int Port = 8080;

    // A process for each connection, which lets in whoever has said all three messages of NTLM on it (MS-NLMP §1.3.1.1).
    private const string Server =
        """
        #!/bin/bash
        challenge=TlRMTVNTUAACAAAAAAAAADAAAAABggAAASNFZ4mrze8AAAAAAAAAAAAAAAAAAAAA
        step=0
        answer() { printf 'HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s' "$1" "$2" ${#3} "$3"; }
        while token=; IFS= read -r line; do
            until [ "$line" = $'\r' ]; do
                case $line in Authorization:*) token=${line##* } ;; esac
                IFS= read -r line
            done
            case $step$token in
            0TlRMTVNTUAAB*) step=1; answer '401 Unauthorized' "WWW-Authenticate: NTLM $challenge"$'\r\n' '' ;;
            1TlRMTVNTUAAD*) step=2; answer '200 OK' '' 'You are who you are' ;;
            2*) answer '200 OK' '' 'You still are' ;;
            *) answer '401 Unauthorized' $'WWW-Authenticate: NTLM\r\n' '' ;;
            esac
        done
        """;

    [Fact]
    public async Task Curl_logs_in_by_NTLM_through_the_HTTP_proxy_and_stays_so()
    {
        Tool.SkipUnlessInstalled("curl");
        await Peer.RunAsync(
            $"""
            cat >/tmp/ntlm <<'END'
            {Server}
            END
            chmod +x /tmp/ntlm
            setsid socat TCP-LISTEN:{Port},fork,reuseaddr EXEC:/tmp/ntlm >/dev/null 2>&1 </dev/null &
            until [ -n "$(ss --no-header --listening --numeric --tcp 'sport = :{Port}')" ]; do sleep 0.02; done
            """);
        var port = FreePort.Tcp();
        await StartAsync([], ["--http-proxy", $"{port}"]);

        var page = $"http://{WireGuardPeer.Address}:{Port}/";
        var (exitCode, answers, error) = await Tool.RunAsync(
            "curl",
            "--disable", "--silent", "--show-error", "--fail", "--noproxy", "", "--max-time", "30",
            "--proxy", $"127.0.0.1:{port}", "--ntlm", "--user", "ann:secret", page, page);

        Assert.True(exitCode == 0, $"curl: {exitCode} {error}");
        Assert.Equal("You are who you areYou still are", answers);
    }
}
