using k8s;
using k8s.Models;

namespace Onetun.Deploy.Tests;

/// <summary>What is in the folder deploy, read so that a field that Kubernetes does not have is an error.</summary>
internal static class Manifests
{
    public const string Kustomization = "kustomization.yaml";

    /// <summary>A folder of deploy/kubernetes.</summary>
    public static string Folder(string name) => Path.Combine(Checkout.Root, "deploy", "kubernetes", name);

    /// <summary>The names of a folder's files, but for the kustomization.</summary>
    public static IEnumerable<string> FilesOf(string folder) =>
        Directory.EnumerateFiles(Folder(folder)).Select(file => Path.GetFileName(file)).Where(file => file != Kustomization);

    /// <summary>All objects of a folder.</summary>
    public static IReadOnlyList<object> Read(string folder) =>
        [.. FilesOf(folder).SelectMany(file => Parse(File.ReadAllText(Path.Combine(Folder(folder), file))))];

    public static IReadOnlyList<object> Parse(string yaml) => KubernetesYaml.LoadAllFromString(yaml, typeMap: null, strict: true);

    /// <summary>The pods that these objects make.</summary>
    public static V1PodTemplateSpec PodOf(IEnumerable<object> objects) => objects
        .OfType<V1StatefulSet>().Select(set => set.Spec.Template)
        .Concat(objects.OfType<V1Deployment>().Select(deployment => deployment.Spec.Template))
        .Single();

    /// <summary>Its containers, those that come first included.</summary>
    public static IEnumerable<V1Container> Containers(this V1PodTemplateSpec pod) =>
        [.. pod.Spec.InitContainers ?? [], .. pod.Spec.Containers];

    public static V1Container Onetun(this V1PodTemplateSpec pod) =>
        pod.Containers().Single(container => container.Name == "onetun");
}
