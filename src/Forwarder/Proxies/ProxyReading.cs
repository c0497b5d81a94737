namespace Onetun.Forwarder.Proxies;

/// <summary>What a client was found to ask for: a request; one that was refused, of which it has been told; or nothing.</summary>
internal readonly record struct ProxyReading
{
    private ProxyReading(ProxyRequest? request, string? refusal) => (Request, Refusal) = (request, refusal);

    public ProxyRequest? Request { get; }

    /// <summary>Why it was refused, as the log tells it.</summary>
    public string? Refusal { get; }

    public static implicit operator ProxyReading(ProxyRequest request) => new(request, null);

    public static ProxyReading Refused(string why) => new(null, why);
}
