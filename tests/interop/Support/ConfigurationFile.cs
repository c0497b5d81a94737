namespace Onetun.Interop;

/// <summary>A wg-quick file for the way to one peer, in the directory of its keys.</summary>
internal sealed class ConfigurationFile(WireGuardPeer peer, string name = "reload.conf")
{
    public string Path { get; } = System.IO.Path.Combine(peer.Keys.FullName, name);

    /// <summary>Our address in the network.</summary>
    public string Address { get; init; } = "10.99.0.2";

    public string PrivateKey { get; set; } = File.ReadAllText(peer.PrivateKeyFile).Trim();

    public string PublicKey { get; set; } = peer.PublicKey;

    /// <summary>Where the peer is: an address or a name.</summary>
    public string EndPoint { get; set; } = peer.EndPoint.ToString();

    /// <summary>Lines further down, in the peer's section.</summary>
    public List<string> Lines { get; } = [];

    public Task WriteAsync() => File.WriteAllTextAsync(
        Path,
        $"""
        [Interface]
        PrivateKey = {PrivateKey}
        Address = {Address}/32

        [Peer]
        PublicKey = {PublicKey}
        AllowedIPs = 10.99.0.0/24
        Endpoint = {EndPoint}
        {string.Join('\n', Lines)}

        """,
        TestContext.Current.CancellationToken);
}
