using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using Onetun.Interop;
using Checkout = Onetun.Tests.Support.Checkout;

namespace Onetun.Deploy.Tests;

/// <summary>The chart as helm renders it: what takes helm is skipped where there is none (tests/helm.sh gets it).</summary>
public sealed partial class ChartTests
{
    private static readonly string Chart = Path.Combine(Checkout.Root, "deploy", "helm", "onetun");

    [Fact]
    public async Task Helm_has_nothing_to_say_against_it()
    {
        var (exitCode, output, error) = await RunAsync("lint", "--strict", Chart);
        Assert.True(exitCode == 0, output + error);
    }

    [Fact]
    public async Task With_its_defaults_it_makes_the_objects_of_the_base()
    {
        var (rendered, written) = (await RenderAsync(), Manifests.Read("base"));
        Assert.Equal(written.Select(KubernetesYaml.Serialize).Order(), rendered.Select(KubernetesYaml.Serialize).Order());
    }

    [Theory]
    [InlineData("replica=3", "replica ")]
    [InlineData("replicas=0", "replicas")]
    [InlineData("networkPolicy.client=null,networkPolicy.enable=true", "enable ")]
    [InlineData("forwards[0].name=metrics,forwards[0].port=80,forwards[0].destination=a:80,forwards[0].protocol=TCP", "name")]
    [InlineData("forwards[0].name=web,forwards[0].port=80,forwards[0].destination=a,forwards[0].protocol=TCP", "destination")]
    public async Task A_value_that_is_misspelt_or_cannot_be_is_refused_by_name(string setting, string name)
    {
        var (exitCode, _, error) = await TryRenderAsync("--set", setting);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("values don't meet the specifications of the schema", error);
        Assert.Contains(name, error);
    }

    [Fact]
    public async Task A_forward_is_an_argument_a_port_of_the_service_and_one_that_clients_may_reach()
    {
        var objects = await RenderAsync(
            "--set", "forwards[0].name=dns,forwards[0].port=5353,forwards[0].destination=192.168.4.1:53,forwards[0].protocol=UDP");
        var onetun = Manifests.PodOf(objects).Onetun();
        Assert.Contains("0.0.0.0:5353:192.168.4.1:53:UDP", onetun.Args);
        Assert.Equal(
            ["dns 5353 UDP", "metrics 9090 TCP"],
            onetun.Ports.Select(port => $"{port.Name} {port.ContainerPort} {port.Protocol}"));
        Assert.Equal(
            ["dns 5353 UDP"],
            objects.OfType<V1Service>().Single().Spec.Ports.Select(port => $"{port.TargetPort.Value} {port.Port} {port.Protocol}"));
        Assert.Equal(
            ["dns UDP", "metrics TCP"],
            objects.OfType<V1NetworkPolicy>().Single().Spec.Ingress
                .SelectMany(rule => rule.Ports.Select(port => $"{port.Port.Value} {port.Protocol}")));
    }

    [Fact]
    public async Task A_longer_drain_gives_the_pod_more_time()
    {
        var pod = Manifests.PodOf(await RenderAsync("--set", "shutdownSeconds=300,preStopSeconds=20"));
        Assert.Contains("--shutdown-timeout=300", pod.Onetun().Args);
        Assert.Equal(20, pod.Onetun().Lifecycle.PreStop.Sleep.Seconds);
        Assert.Equal(330, pod.Spec.TerminationGracePeriodSeconds);
    }

    [Fact]
    public async Task Where_no_clients_are_named_none_may_come()
    {
        var policy = (await RenderAsync("--set", "networkPolicy.clients=null")).OfType<V1NetworkPolicy>().Single().Spec;
        Assert.Contains("Ingress", policy.PolicyTypes);
        Assert.Equal(["metrics"], policy.Ingress.SelectMany(rule => rule.Ports.Select(port => port.Port.Value)));
    }

    [Fact]
    public async Task An_address_of_the_endpoint_is_the_only_one_that_WireGuard_may_send_to()
    {
        var objects = await RenderAsync(
            "--set", "networkPolicy.endpoints[0].ipBlock.cidr=140.30.3.182/32,networkPolicy.endpointPort=5000");
        var rule = objects.OfType<V1NetworkPolicy>().Single().Spec.Egress[0];
        Assert.Equal("140.30.3.182/32", Assert.Single(rule.To).IpBlock.Cidr);
        Assert.Equal("5000", Assert.Single(rule.Ports).Port.Value);
    }

    [Fact]
    public async Task Two_releases_share_no_name_and_no_pod()
    {
        var (_, output, _) = await RunAsync("template", "other", Chart, "--kube-version", "1.30.0");
        var objects = Manifests.Parse(output);
        Assert.All(objects.Cast<IKubernetesObject<V1ObjectMeta>>(), one => Assert.Equal("other", one.Metadata.Name));
        Assert.Equal("other", objects.OfType<V1StatefulSet>().Single().Spec.Selector.MatchLabels["app.kubernetes.io/instance"]);
    }

    [Fact]
    public void Its_version_is_that_of_the_program()
    {
        var properties = File.ReadAllText(Path.Combine(Checkout.Root, "Directory.Build.props"));
        var version = VersionElement().Match(properties).Groups[1].Value;
        var lines = File.ReadAllLines(Path.Combine(Chart, "Chart.yaml"));
        Assert.Contains($"version: {version}", lines);
        Assert.Contains($"appVersion: {version}", lines);
    }

    private static async Task<IReadOnlyList<object>> RenderAsync(params string[] settings)
    {
        var (exitCode, output, error) = await TryRenderAsync(settings);
        Assert.True(exitCode == 0, error);
        return Manifests.Parse(output);
    }

    private static Task<(int ExitCode, string Output, string Error)> TryRenderAsync(params string[] settings) =>
        RunAsync(["template", "onetun", Chart, "--kube-version", "1.30.0", .. settings]);

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        Tool.SkipUnlessInstalled("helm");
        return Tool.RunAsync("helm", arguments);
    }

    [GeneratedRegex("<Version>(.+)</Version>")]
    private static partial Regex VersionElement();
}
