using System.Text;

namespace Onetun.Fuzz.Forwarder;

/// <summary>Makes texts of the words that mean something to their readers, and damages them.</summary>
internal static class TextForge
{
    /// <summary>A private key that no message may show.</summary>
    public const string Secret = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";

    private const string PublicKey = "HzgTY6aWXtuSyW/PUquZtg8LB/DyMwEXGkPiEmdSsUU=";

    private static readonly string[] Words =
    [
        "8080", "0", "65535", "65536", "127.0.0.1", "10.0.0.1", "10.1", "256.0.0.1", "[::1]", "::1", "[fe80::1%1]", "fd00::1",
        "::ffff:1.2.3.4", "0x7f.1", "localhost", "web.example", "example.", "-a-", "ß.example", "unix", "/run/x", "./x", "TCP", "UDP",
        "tcp,udp", "/32", "/0", "/129", "/-1", "off", "info", "onetun=debug", "onetun::tunnel", "/[a-z", "/(a+)+$", "user", "pass",
        " ", "\t", "\u00a0", "\0", "\x1b[2J", "é",
    ];

    private static readonly string[] Lines =
    [
        "[Interface]", "[Peer]", "[interface]", "[Other]", $"PrivateKey = {Secret}", $"PrivateKey={Secret}",
        $"PublicKey = {PublicKey}", $"PresharedKey = {Secret}", "Address = 10.0.0.2/24, fd00::2/64", "Address = 10.0.0.2",
        "ListenPort = 51820", "MTU = 1420", "DNS = 10.0.0.1", "Endpoint = 192.0.2.1:51820", "Endpoint = [2001:db8::1]:51820",
        "AllowedIPs = 0.0.0.0/0, ::/0", "PersistentKeepalive = 25", "PostUp = iptables", "Table = off", "# a comment",
        "[ Peer ]", "Jc = 4", "S1 = 40", "H1 = 1", "MTU =", "AllowedIPs =", "ExcludedApplications = a.b",
        "WGConfig = wg0.conf", "WGConfig = other.conf", "; a comment", "CheckAlive = 1.1.1.1", "[TCPClientTunnel]", "[TCPServerTunnel]",
        "[UDPProxyTunnel]", "[STDIOTunnel]", "[Socks5]", "[http]", "[Resolve]", "[SNI]", "BindAddress = 127.0.0.1:1080",
        "BindAddress = :8080", "Target = web.example:80", "Target = 10.0.0.1:80", "ListenPort = 80", "InactivityTimeout = 30",
        "Username = user", $"Password = {Secret}", $"Password = `{Secret}`", "Password = $SECRET", $"Password = ${Secret}",
        "PrivateKey = $SECRET", "ResolveStrategy = ipv4", "CertFile = cert.pem",
        "#!onetun 8080:10.0.0.1:80", "#!onetun --remote 8080:localhost:80", "#!onetun -x", "=", "",
    ];

    private static readonly string[] Marks = [":", ",", ".", "/", "=", "[", "]", " ", "@", "%", "-", "::", "\r", "\n"];

    /// <summary>A few words with marks between.</summary>
    public static string Phrase(Dice dice)
    {
        var text = new StringBuilder();
        for (var words = dice.Next(7); words >= 0; words--)
        {
            text.Append(dice.Pick<string>(Words)).Append(dice.OneIn(4) ? dice.Pick<string>(Marks) : ":");
        }

        text.Length -= dice.OneIn(8) ? 0 : 1;
        return dice.OneIn(3) ? Damage(dice, text) : text.ToString();
    }

    /// <summary>A file of wg-quick or of wireproxy, more or less.</summary>
    public static string File(Dice dice)
    {
        var end = dice.Pick("\n", "\n", "\n", "\r\n", "\r", " ");
        var text = new StringBuilder(dice.OneIn(6) ? $"WGConfig = other.conf{end}" : "");
        text.Append($"[Interface]{end}PrivateKey = {Secret}{end}Address = 10.0.0.2{end}");
        text.Append($"[Peer]{end}PublicKey = {PublicKey}{end}Endpoint = 192.0.2.1:51820{end}");
        for (var lines = dice.Next(12); lines > 0; lines--)
        {
            text.Append(dice.OneIn(6) ? Phrase(dice) : dice.Pick<string>(Lines)).Append(end);
        }

        return dice.OneIn(2) ? Damage(dice, text) : text.ToString();
    }

    private static string Damage(Dice dice, StringBuilder text)
    {
        for (var changes = dice.Next(1, 4); changes > 0 && text.Length > 0; changes--)
        {
            var at = dice.Next(text.Length);
            switch (dice.Next(4))
            {
                case 0:
                    text.Remove(at, Math.Min(dice.Next(1, 12), text.Length - at));
                    break;
                case 1:
                    text.Insert(at, dice.Pick<string>(Marks));
                    break;
                case 2:
                    text[at] = (char)dice.Next(dice.OneIn(4) ? 0xFFFF : 0x100);
                    break;
                default:
                    text.Insert(at, text.ToString(at, Math.Min(dice.Next(1, 30), text.Length - at)));
                    break;
            }
        }

        return text.ToString();
    }
}
