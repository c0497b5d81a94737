using Onetun.Forwarder.Configuration;
using Onetun.Tunnel.Text;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>Which resolvers and search domains <c>--dns</c> and the DNS of a file may name.</summary>
public sealed class ResolverConfigurationTests
{
    [Theory]
    [InlineData("10.0.0.53,fd00::53", "fd00::53 and --source-peer-ip (192.168.4.3) must be the same IP version")]
    [InlineData("dns.example", "'dns.example' is not an IP address")]
    [InlineData("0.0.0.0", "0.0.0.0 is the unspecified address")]
    [InlineData("127.0.0.53", "127.0.0.53 is a loopback address")]
    public async Task Resolvers_that_cannot_be_are_refused(string dns, string reason)
    {
        var (_, faults) = await new TestMachine().ReadCompleteAsync("--dns", dns);
        Assert.Equal(new Fault(FaultKind.Usage, $"Invalid --dns: {reason}"), Assert.Single(faults));
    }

    [Fact]
    public async Task A_forward_to_where_no_peer_is_runs_with_a_warning()
    {
        var (configuration, _) = await ReadFileAsync("192.168.4.53\n#!onetun 8081:10.9.9.9:80");
        Assert.Equal(["10.9.9.9:80 is in no peer's AllowedIPs: nothing will be sent there."], configuration!.Warnings);
    }

    [Fact]
    public async Task Resolvers_and_search_domains_of_a_file_are_used()
    {
        var (configuration, _) = await ReadFileAsync("192.168.4.53, intranet.example\nDNS = 10.9.9.9 lab.example. ~.");
        Assert.Equal(["192.168.4.53", "10.9.9.9"], configuration!.Dns.Select(server => server.ToString()));
        Assert.Equal(["intranet.example", "lab.example"], configuration.SearchDomains);
        Assert.Equal(
            [
                "The routing domain ~. is ignored: every name is asked for inside the tunnel.",
                "The resolver 10.9.9.9 is in no peer's AllowedIPs: it will not be reached.",
            ],
            configuration.Warnings);
        Assert.Equal(new NamedEndPoint("db.intranet.example", 80), configuration.Forwards[0].Destination);
    }

    [Theory]
    [InlineData("192.168.4.53:53")]
    [InlineData("192.168.4.53/32")]
    [InlineData("\"192.168.4.53\"")]
    [InlineData("'192.168.4.53'")]
    [InlineData("192.168.4")]
    [InlineData("192.168.4.53.")]
    [InlineData("192.168.4.53;")]
    [InlineData("[fd00::53]")]
    [InlineData("[fd00::53]:53")]
    [InlineData("fd00::53/128")]
    [InlineData("fe80::53%eth0")]
    [InlineData("fe80::53%1")]
    [InlineData("https://dns.example/dns-query")]
    [InlineData("tls://192.168.4.53")]
    [InlineData("53")]
    [InlineData("intranet..example")]
    public async Task What_is_meant_as_a_resolver_but_is_not_one_is_a_fault_of_the_file_and_not_a_search_domain(string dns)
    {
        var (_, faults) = await ReadFileAsync(dns);
        Assert.Equal(
            new Fault(
                FaultKind.Configuration,
                $"wg0.conf:4: Invalid DNS: '{dns}' is neither a search domain nor the IP address of a resolver, which has no port, "
                    + "prefix length, zone, URL or quotes around it"),
            Assert.Single(faults));
    }

    [Fact]
    public async Task A_resolver_of_a_file_that_we_have_no_address_for_is_a_fault_in_the_words_of_the_file()
    {
        var (_, faults) = await ReadFileAsync("fd00::53");
        Assert.Equal(
            "wg0.conf:4: Invalid DNS: fd00::53 and Address in wg0.conf (192.168.4.3) must be the same IP version",
            Assert.Single(faults).Message);
    }

    [Theory]
    [InlineData("::1", "::1 is a loopback address")]
    [InlineData("0.0.0.0", "0.0.0.0 is the unspecified address")]
    public async Task A_resolver_of_a_file_that_cannot_be_is_a_fault_of_the_file(string dns, string reason)
    {
        var (_, faults) = await ReadFileAsync(dns);
        Assert.Equal($"wg0.conf:4: Invalid DNS: {reason}", Assert.Single(faults).Message);
    }

    [Fact]
    public async Task Search_domains_without_a_resolver_are_warned_of_for_names_go_outside()
    {
        var (configuration, _) = await ReadFileAsync("dns.example");
        Assert.Equal(
            [
                "DNS in wg0.conf has search domains only (dns.example) and no resolver: they are not used, and this machine's resolver is "
                    + "asked for names, outside the tunnel.",
            ],
            configuration!.Warnings);
    }

    private static Task<(ForwarderConfiguration? Configuration, IReadOnlyList<Fault> Faults)> ReadFileAsync(string dns)
    {
        var machine = new TestMachine();
        machine.Files["wg0.conf"] = $"""
            [Interface]
            PrivateKey = {TestMachine.PrivateKey}
            Address = 192.168.4.3/24
            DNS = {dns}
            [Peer]
            PublicKey = {TestMachine.EndpointKey}
            Endpoint = 140.30.3.182:51820
            AllowedIPs = 192.168.4.0/24
            """;
        return machine.ReadAsync("--config", "wg0.conf", "8080:db.intranet.example:80");
    }
}
