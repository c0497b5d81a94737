using System.Net;
using System.Text;
using CsCheck;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Tests;
using Onetun.Tunnel.WgQuick;

namespace Onetun.Tunnel.Tests;

public sealed class WgQuickConfigurationTests
{
    private const string Complete = $"""
        # the office
        [Interface]
        PrivateKey = {TestMachine.PrivateKey}   # ours
        Address = 192.168.4.3/24, fd00::3/64
        ListenPort = 30000
        MTU = 1380
        DNS = 192.168.4.1 intranet.example.
        PostUp = iptables -A FORWARD

        [peer]
        publickey = {TestMachine.EndpointKey}
        PresharedKey = {TestMachine.OtherKey}
        Endpoint = vpn.example:51820
        AllowedIPs = 192.168.4.0/24
        AllowedIPs = fd00::7/64,10.1.2.3
        PersistentKeepalive = 25
        """;

    private const string Shortest = $"""
        [Interface]
        PrivateKey = {TestMachine.PrivateKey}
        Address = 127.1.2.3
        [Peer]
        PublicKey = {TestMachine.EndpointKey}
        """;

    [Fact]
    public void What_a_file_says_is_there()
    {
        using var file = WgQuickConfiguration.Parse(Complete);
        Assert.Equal(TestMachine.PublicKey, file.PrivateKey.PublicKey.ToString());
        Assert.Equal("192.168.4.3/24 fd00::3/64", string.Join(' ', file.Addresses));
        Assert.Equal((30000, 1380, 0u), (file.ListenPort, file.Mtu, file.FwMark));
        Assert.Equal([IPAddress.Parse("192.168.4.1")], file.Dns);
        Assert.Equal(["intranet.example"], file.SearchDomains);
        Assert.Equal(["line 8: PostUp is ignored."], file.Warnings);
        var peer = Assert.Single(file.Peers);
        Assert.Equal(TestMachine.EndpointKey, peer.PublicKey.ToString());
        Assert.Equal(TestMachine.OtherKey, peer.PresharedKey?.ToBase64());
        var name = Assert.IsType<DnsEndPoint>(peer.EndPoint, exactMatch: false);
        Assert.Equal(("vpn.example", 51820), (name.Host, name.Port));
        Assert.Equal("192.168.4.0/24 fd00::/64 10.1.2.3/32", string.Join(' ', peer.AllowedIPs));
        Assert.Equal(TimeSpan.FromSeconds(25), peer.PersistentKeepalive);
    }

    [Fact]
    public void Options_are_those_of_the_file_and_the_defaults_where_it_says_nothing()
    {
        using var complete = WgQuickConfiguration.Parse(Complete);
        var options = complete.ToOptions();
        Assert.Same(complete.PrivateKey, options.PrivateKey);
        Assert.Equal((complete.Addresses, complete.Peers, complete.Dns), (options.Addresses, options.Peers, options.Dns));
        Assert.Equal((1380, 30000), (options.Mtu, options.Transport.BindEndPoint?.Port));
        Assert.Equal(["intranet.example"], options.SearchDomains);
        using var shortest = WgQuickConfiguration.Parse(Shortest.Replace("127.1.2.3", "10.1.2.3", StringComparison.Ordinal));
        Assert.Null(shortest.Mtu);
        Assert.Equal((1420, 0), (shortest.ToOptions().Mtu, shortest.ToOptions().Transport.BindEndPoint?.Port));
    }

    [Fact]
    public async Task A_tunnel_starts_with_it_and_needs_it_no_longer()
    {
        WireGuardTunnel tunnel;
        using (var file = WgQuickConfiguration.Parse(Shortest.Replace("127.1.2.3", "10.1.2.3\nFwMark = 51820", StringComparison.Ordinal)))
        {
            tunnel = await WireGuardTunnel.StartAsync(file.ToOptions(), TestContext.Current.CancellationToken);
        }

        await using (tunnel)
        {
            Assert.Equal(TestMachine.EndpointKey, Assert.Single(tunnel.Peers).PublicKey.ToString());
        }
    }

    [Fact]
    public void All_that_is_wrong_is_listed_by_its_line()
    {
        const string text = $"""
            MTU = 1
            [Interface]
            PrivateKey = {TestMachine.PrivateKey}=
            Address = 10.0.0.3/24
            Address = 10.0.0.400
            MTU = 1e3
            [Peer]
            Endpoint = vpn.example
            AllowedIPs = 10.0.0.0/24
            AllowedIPs = 10.0.1.0/33
            [Peer]
            PublicKey = {TestMachine.EndpointKey}
            [Wireguard]
            """;
        Assert.False(WgQuickConfiguration.TryParse(text, out var configuration, out var faults));
        Assert.Null(configuration);
        string[] expected =
        [
            "line 1: MTU is outside any section",
            "line 3: Invalid PrivateKey: not base64, which has 44 characters, not 45",
            "line 5: Invalid Address: '10.0.0.400' is not an IP address",
            "line 6: Invalid MTU: '1e3' is not a number between 576 and 65475",
            "line 7: [Peer] 1 has no PublicKey",
            "line 8: Invalid Endpoint: 'vpn.example' is not host:port, as in 140.30.3.182:51820 or [2001:db8::1]:51820",
            "line 10: Invalid AllowedIPs: '10.0.1.0/33' is not an address with a prefix length",
            "line 11: [Peer] 2 has no AllowedIPs, so nothing would be sent to it",
            "line 13: there is no section [Wireguard], only [Interface] and [Peer]",
        ];
        Assert.Equal(expected, faults.Select(fault => $"{fault}"));
        var exception = Assert.Throws<WgQuickException>(() => WgQuickConfiguration.Parse(text));
        Assert.Equal(faults, exception.Faults);
        Assert.Equal(
            ["The wg-quick file cannot be used:", .. expected.Select(line => $"  {line}")], exception.Message.Split(Environment.NewLine));
    }

    [Theory]
    [InlineData("", 0, "the file is empty")]
    [InlineData("[\0I\0", 0, "the file is not text in UTF-8")]
    [InlineData("# nothing", 0, "[Interface] has no PrivateKey ('wg genkey' makes one)")]
    [InlineData("# nothing", 0, "[Interface] has no Address, which is ours in the tunnel, as in 192.168.4.3/24")]
    [InlineData("# nothing", 0, "there is no [Peer], whose PublicKey and Endpoint say who is at the other end")]
    [InlineData("[Interface]\nAddress =", 2, "Invalid Address: it is empty")]
    [InlineData("[Interface]\nAddress = 127.0.0.1", 2, "Invalid Address: 127.0.0.1 is a loopback address")]
    [InlineData("[Interface]\nAddress = fd00::1\nMTU = 1279", 3, "Invalid MTU: '1279' is not a number between 1280 and 65475, as there is an IPv6 address inside")]
    [InlineData("[Interface]\nListenPort = 65536", 2, "Invalid ListenPort: '65536' is not a number from 0 to 65535")]
    [InlineData("[Interface]\nFwMark = x", 2, "Invalid FwMark: 'x' is neither off nor a 32-bit number such as 51820 or 0xca6c")]
    [InlineData("[Interface]\nDNS = 10.0.0.1:53", 2, "Invalid DNS: '10.0.0.1:53' is neither a search domain nor the IP address of a resolver, which has no port, prefix length, zone, URL or quotes around it")]
    [InlineData("[Interface]\nAddress = 10.0.0.3\nDNS = fd00::53", 3, "Invalid DNS: fd00::53 and Address (10.0.0.3) must be the same IP version")]
    [InlineData("[Interface]\nH1 = 1148", 2, "H1 is not 1: the file is for AmneziaWG, and with this the peer does not understand WireGuard's messages; ask for a WireGuard configuration")]
    [InlineData("[Socks5]", 1, "there is no section [Socks5], only [Interface] and [Peer]")]
    [InlineData("[Peer]\nPersistentKeepalive = 65536", 2, "Invalid PersistentKeepalive: '65536' is not a number between 0 and 65535 seconds")]
    [InlineData("[Peer]\nEndpoint = 0.0.0.0:1", 2, "Invalid Endpoint: 0.0.0.0 is the unspecified address")]
    [InlineData("[Peer]\nAllowedIPs = ,\nAllowedIPs =", 3, "Invalid AllowedIPs: it is empty, so nothing would be sent to this peer or taken from it; list the networks behind it, as in 192.168.4.0/24")]
    [InlineData("[Interface]\nPrivateKey = " + TestMachine.PrivateKey + "\n[Peer]\nPublicKey = " + TestMachine.PrivateKey, 4, "Invalid PublicKey: it is our private key")]
    [InlineData("[Interface]\nPrivateKey = " + TestMachine.PrivateKey + "\n[Peer]\nPublicKey = " + TestMachine.PublicKey, 4, "Invalid PublicKey: it is our own, which belongs to our private key; give the peer's: 'wg show' prints it there")]
    [InlineData("[Peer]\nPublicKey = " + TestMachine.OtherKey + "\n[Peer]\n[Peer]\nPublicKey = " + TestMachine.OtherKey, 5, "Invalid PublicKey: [Peer] 1 and [Peer] 3 have the same one")]
    public void What_is_wrong_is_told_with_its_line(string text, int line, string message)
    {
        Assert.False(WgQuickConfiguration.TryParse(text, out _, out var faults));
        Assert.Contains((line, message), faults.Select(fault => (fault.Line, fault.Message)));
    }

    [Theory]
    [InlineData("[Interface]\nPrivateKey: " + TestMachine.PrivateKey)]
    [InlineData("[Interface]\nPrivateKey =\n" + TestMachine.PrivateKey)]
    [InlineData("[Interface]\nAddress = " + TestMachine.PrivateKey)]
    [InlineData("[Peer]\nEndpoint = " + TestMachine.PrivateKey)]
    [InlineData("[Peer]\nPublicKey = " + TestMachine.PrivateKey + "=")]
    [InlineData("[" + TestMachine.PrivateKey + "]")]
    [InlineData(TestMachine.PrivateKey)]
    public void A_key_in_the_wrong_place_is_not_quoted(string text)
    {
        var exception = Assert.Throws<WgQuickException>(() => WgQuickConfiguration.Parse(text));
        Assert.DoesNotContain(TestMachine.PrivateKey[..16], exception.Message);
    }

    [Fact]
    public void Marks_of_encodings_and_line_ends_do_not_count()
    {
        var path = Path.GetTempFileName();
        try
        {
            Encoding[] encodings = [new UTF8Encoding(false), new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode];
            foreach (var encoding in encodings)
            {
                File.WriteAllText(path, Complete.ReplaceLineEndings("\r\n"), encoding);
                using var file = WgQuickConfiguration.Load(path);
                Assert.Equal(["line 8: PostUp is ignored."], file.Warnings);
            }

            File.WriteAllText(path, "[Peer");
            Assert.StartsWith($"{path} cannot be used:", Assert.Throws<WgQuickException>(() => WgQuickConfiguration.Load(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }

        using var marked = WgQuickConfiguration.Parse($"\uFEFF{Complete}");
        Assert.Equal(30000, marked.ListenPort);
        Assert.Throws<FileNotFoundException>(() => WgQuickConfiguration.Load(path));
    }

    [Fact]
    public void Disposing_it_ends_its_keys()
    {
        var file = WgQuickConfiguration.Parse(Complete);
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(file.PrivateKey.ToBase64);
        Assert.Throws<ObjectDisposedException>(file.Peers[0].PresharedKey!.ToBase64);
    }

    [Fact]
    public void Chance_texts_are_read_or_refused_and_never_throw()
    {
        string[] signs = ["[", "]", "=", ",", "#", ";", "`", "\n", "\r\n", "0", "/", ":", "::", "%", "$", "\uFEFF", "Peer", "off", "~"];
        var pieces = Gen.Int[0, signs.Length - 1].Select(index => signs[index]);
        var chance = Gen.OneOf(pieces, Gen.String[0, 8]).Array[0, 40].Select(string.Concat);
        var lines = Complete.Split('\n');
        var changed = Gen.Select(Gen.Int[0, lines.Length - 1], Gen.Int[0, 20], pieces, (line, at, piece) =>
            string.Join('\n', lines.Select((text, index) => index == line ? text.Insert(Math.Min(at, text.Length), piece) : text)));
        Gen.OneOf(chance, changed).Sample(
            text =>
            {
                var isRead = WgQuickConfiguration.TryParse(text, out var configuration, out var faults);
                configuration?.ToOptions();
                configuration?.Dispose();
                Assert.Equal(isRead, faults.Count == 0);
            },
            iter: 2000);
    }

    [Fact]
    public void Every_key_is_one_of_the_command_line_too()
    {
        Assert.Equal(WgQuickKeys.OfInterface.Order(), Options.OfInterface.Select(option => option.InterfaceKey!).Order());
        Assert.Equal(WgQuickKeys.OfPeer.Order(), Options.OfPeers.Select(option => option.PeerKey!).Order());
        Assert.Equal(
            WgQuickKeys.Lists.Order(),
            Options.OfInterface.Concat(Options.OfPeers).Where(option => option.IsList).Select(option => option.InterfaceKey ?? option.PeerKey!).Order());
    }
}
