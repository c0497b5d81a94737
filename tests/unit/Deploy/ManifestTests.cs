using System.Globalization;
using k8s;
using k8s.Models;

namespace Onetun.Deploy.Tests;

public sealed class ManifestTests
{
    private const int OwnerAndGroupRead = 0b100_100_000;

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("base", 4)]
    [InlineData("sidecar", 1)]
    public void Objects_have_only_fields_that_Kubernetes_has(string folder, int count) =>
        Assert.Equal(count, Manifests.Read(folder).Count);

    [Fact]
    public void A_field_that_is_misspelt_would_be_noticed() =>
        Assert.ThrowsAny<Exception>(() => Manifests.Parse("apiVersion: v1\nkind: Service\nspec:\n  sessionAfinity: None\n"));

    [Theory]
    [InlineData("base")]
    [InlineData("sidecar")]
    public void Kustomization_names_all_files_beside_it_and_no_others(string folder)
    {
        var text = File.ReadAllText(Path.Combine(Manifests.Folder(folder), Manifests.Kustomization));
        var kustomization = KubernetesYaml.Deserialize<KustomizationFile>(text, strict: true);
        Assert.Equal(("kustomize.config.k8s.io/v1beta1", "Kustomization"), (kustomization.ApiVersion, kustomization.Kind));
        Assert.Equal(Manifests.FilesOf(folder).Order(), kustomization.Resources.Order());
    }

    [Theory]
    [InlineData("base")]
    [InlineData("sidecar")]
    public void Containers_have_no_rights_that_they_do_not_need(string folder)
    {
        var pod = Manifests.PodOf(Manifests.Read(folder));
        Assert.False(pod.Spec.AutomountServiceAccountToken);
        var security = pod.Spec.SecurityContext;
        Assert.True(security.RunAsNonRoot);
        Assert.Equal((1000, 1000), (security.RunAsUser, security.RunAsGroup));
        Assert.Equal("RuntimeDefault", security.SeccompProfile.Type);
        Assert.All(pod.Containers().Select(container => container.SecurityContext), rights =>
        {
            Assert.False(rights.AllowPrivilegeEscalation);
            Assert.True(rights.ReadOnlyRootFilesystem);
            Assert.Equal(["ALL"], rights.Capabilities.Drop);
            Assert.Null(rights.Capabilities.Add);
            // What the pod says must not be taken back here.
            Assert.Null(rights.RunAsUser);
            Assert.Null(rights.Privileged);
        });
    }

    [Theory]
    [InlineData("base")]
    [InlineData("sidecar")]
    public void Containers_say_what_they_need_and_take_no_more(string folder) =>
        Assert.All(Manifests.PodOf(Manifests.Read(folder)).Containers().Select(container => container.Resources), resources =>
        {
            foreach (var resource in new[] { "cpu", "memory" })
            {
                Assert.InRange(resources.Requests[resource].ToDecimal(), 0, resources.Limits[resource].ToDecimal());
            }
        });

    [Theory]
    [InlineData("base")]
    [InlineData("sidecar")]
    public void Probes_ask_a_port_that_the_container_has_for_what_onetun_answers(string folder)
    {
        var onetun = Manifests.PodOf(Manifests.Read(folder)).Onetun();
        var paths = new[] { onetun.StartupProbe, onetun.LivenessProbe, onetun.ReadinessProbe }.Select(probe => probe.HttpGet);
        Assert.Equal(["/livez", "/livez", "/readyz"], paths.Select(get => get.Path));
        var metrics = Assert.Single(onetun.Ports, port => port.Name == "metrics");
        Assert.All(paths, get => Assert.Equal(metrics.Name, get.Port.Value));
        // The kubelet's Host is the pod's address: a name would be refused.
        Assert.All(paths, get => Assert.Null(get.Host ?? get.HttpHeaders as object));
        Assert.Contains($"--metrics=0.0.0.0:{metrics.ContainerPort}", onetun.Args);
    }

    [Theory]
    [InlineData("base")]
    [InlineData("sidecar")]
    public void Secret_is_read_only_by_the_process(string folder)
    {
        var pod = Manifests.PodOf(Manifests.Read(folder));
        var volume = Assert.Single(pod.Spec.Volumes);
        Assert.Equal(OwnerAndGroupRead, volume.Secret.DefaultMode);
        Assert.Equal(pod.Spec.SecurityContext.RunAsGroup, pod.Spec.SecurityContext.FsGroup);
        // The application beside it has no part in it.
        var (container, mount) = Assert.Single(pod.Containers()
            .SelectMany(container => (container.VolumeMounts ?? []).Select(mount => (container.Name, mount))));
        Assert.Equal(("onetun", volume.Name), (container, mount.Name));
        Assert.True(mount.ReadOnlyProperty);
        Assert.Contains(
            pod.Onetun().Args, argument => argument.StartsWith($"--config={mount.MountPath}/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("base")]
    [InlineData("sidecar")]
    public async Task Onetun_takes_the_arguments(string folder) =>
        await ArgumentAssert.TakenAsync(Manifests.PodOf(Manifests.Read(folder)).Onetun().Args);

    [Fact]
    public void Each_replica_has_a_file_with_its_own_name()
    {
        var onetun = Manifests.PodOf(Manifests.Read("base")).Onetun();
        var name = Assert.Single(onetun.Env, variable => variable.Name == "POD_NAME");
        Assert.Equal("metadata.name", name.ValueFrom.FieldRef.FieldPath);
        Assert.Contains(onetun.Args, argument => argument.EndsWith("/$(POD_NAME).conf", StringComparison.Ordinal));
    }

    [Fact]
    public void A_pod_has_the_time_to_wait_and_to_let_connections_finish()
    {
        var pod = Manifests.PodOf(Manifests.Read("base"));
        const string option = "--shutdown-timeout=";
        var argument = Assert.Single(pod.Onetun().Args, argument => argument.StartsWith(option, StringComparison.Ordinal));
        var waiting = pod.Onetun().Lifecycle.PreStop.Sleep.Seconds;
        var stopping = int.Parse(argument[option.Length..], CultureInfo.InvariantCulture);
        Assert.InRange(waiting, 1, 60);
        Assert.True(pod.Spec.TerminationGracePeriodSeconds >= waiting + stopping + Rest.TotalSeconds);
    }

    [Fact]
    public void Whatever_selects_pods_selects_those_of_the_gateway()
    {
        var objects = Manifests.Read("base");
        var set = objects.OfType<V1StatefulSet>().Single();
        var labels = set.Spec.Template.Metadata.Labels;
        Assert.Equal(labels, set.Spec.Selector.MatchLabels);
        Assert.Equal(labels, objects.OfType<V1Service>().Single().Spec.Selector);
        Assert.Equal(labels, objects.OfType<V1NetworkPolicy>().Single().Spec.PodSelector.MatchLabels);
        Assert.Equal(labels, objects.OfType<V1PodDisruptionBudget>().Single().Spec.Selector.MatchLabels);
        Assert.All(
            set.Spec.Template.Spec.TopologySpreadConstraints, spread => Assert.Equal(labels, spread.LabelSelector.MatchLabels));
        Assert.Equal(set.Spec.ServiceName, objects.OfType<V1Service>().Single().Metadata.Name);
    }

    [Fact]
    public void Service_and_policy_name_ports_that_the_pods_have()
    {
        var objects = Manifests.Read("base");
        var ports = Manifests.PodOf(objects).Onetun().Ports.ToDictionary(port => port.Name, port => port.Protocol);
        var forwards = objects.OfType<V1Service>().Single().Spec.Ports.Select(port => (port.TargetPort.Value, port.Protocol));
        var allowed = objects.OfType<V1NetworkPolicy>().Single().Spec.Ingress
            .SelectMany(rule => rule.Ports.Select(port => (port.Port.Value, port.Protocol)));
        Assert.Equal(ports.Where(port => port.Key != "metrics").Select(port => (port.Key, port.Value)), forwards);
        Assert.Equal(ports.Select(port => (port.Key, port.Value)), allowed);
    }

    [Fact]
    public void Policy_names_who_may_come_and_lets_out_only_WireGuard_and_questions_for_names()
    {
        var policy = Manifests.Read("base").OfType<V1NetworkPolicy>().Single().Spec;
        Assert.Equal(["Ingress", "Egress"], policy.PolicyTypes);
        Assert.All(policy.Ingress, rule => Assert.NotEmpty(rule.FromProperty));
        Assert.Equal(
            ["51820/UDP", "53/UDP", "53/TCP"],
            policy.Egress.SelectMany(rule => rule.Ports.Select(port => $"{port.Port.Value}/{port.Protocol}")));
    }

    [Fact]
    public void Sidecar_is_there_before_the_application_and_its_key_is_in_one_pod_at_a_time()
    {
        var deployment = Manifests.Read("sidecar").OfType<V1Deployment>().Single().Spec;
        var onetun = Assert.Single(deployment.Template.Spec.InitContainers);
        Assert.Equal(("onetun", "Always"), (onetun.Name, onetun.RestartPolicy));
        Assert.NotNull(onetun.StartupProbe);
        Assert.Equal((1, "Recreate"), (deployment.Replicas, deployment.Strategy.Type));
    }
}
