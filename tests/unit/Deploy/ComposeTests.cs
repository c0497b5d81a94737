using System.Text.RegularExpressions;
using Onetun.Interop;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;
using Checkout = Onetun.Tests.Support.Checkout;

namespace Onetun.Deploy.Tests;

public sealed partial class ComposeTests
{
    private static readonly string Folder = Path.Combine(Checkout.Root, "deploy", "compose");

    private readonly ComposeFile _file = Read();

    private IReadOnlyList<KeyValuePair<string, ComposeService>> Replicas =>
        [.. _file.Services.Where(service => service.Value.Image == "onetun")];

    [Fact]
    public void Replicas_have_a_key_each()
    {
        Assert.Equal(3, Replicas.Count);
        Assert.All(Replicas, replica =>
        {
            var secret = Assert.Single(replica.Value.Secrets);
            Assert.Equal((replica.Key, $"{replica.Key}.conf"), (secret["source"], _file.Secrets[replica.Key]["file"]));
            Assert.Contains($"--config=/run/secrets/{secret["target"]}", replica.Value.Command);
        });
    }

    [Fact]
    public async Task Onetun_takes_the_arguments() => await ArgumentAssert.TakenAsync(Replicas[0].Value.Command);

    [Fact]
    public void Containers_have_no_rights_that_they_do_not_need()
    {
        Assert.All(_file.Services.Values, service =>
        {
            Assert.True(service.ReadOnly);
            Assert.Equal(["ALL"], service.CapDrop);
            Assert.Equal(["no-new-privileges:true"], service.SecurityOpt);
            Assert.NotEmpty(service.MemLimit);
        });
        Assert.All(Replicas, replica => Assert.Equal("1000:1000", replica.Value.User));
    }

    [Fact]
    public void Balancer_has_every_replica_and_asks_each_whether_it_is_ready()
    {
        var balancer = File.ReadAllText(Path.Combine(Folder, _file.Configs["haproxy"]["file"]));
        Assert.Equal(
            Replicas.Select(replica => $"{replica.Key}:8080"),
            Server().Matches(balancer).Select(server => server.Groups[1].Value));
        Assert.Contains("option httpchk GET /readyz\n", balancer);
        Assert.Contains("check port 9090 ", balancer);
        Assert.All(Replicas, replica => Assert.Contains("--metrics=0.0.0.0:9090", replica.Value.Command));
        Assert.All(Replicas, replica => Assert.StartsWith("0.0.0.0:8080:", replica.Value.Command[^1]));
    }

    [Fact]
    public async Task Haproxy_takes_its_configuration()
    {
        Tool.SkipUnlessInstalled("haproxy");
        var (exitCode, output, error) = await Tool.RunAsync("haproxy", "-c", "-f", Path.Combine(Folder, "haproxy.cfg"));
        Assert.True(exitCode == 0, output + error);
    }

    /// <summary>A field that ComposeFile does not have is an error.</summary>
    private static ComposeFile Read()
    {
        using var text = File.OpenText(Path.Combine(Folder, "compose.yaml"));
        var reader = new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build();
        return reader.Deserialize<ComposeFile>(new MergingParser(new Parser(text)));
    }

    [GeneratedRegex(@"^    server \S+ (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Server();
}
