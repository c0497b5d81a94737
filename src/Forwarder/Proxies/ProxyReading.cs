namespace Onetun.Forwarder.Proxies;

/// <summary>What a client was found to ask for: a request; one that was refused, of which it has been told; or nothing.</summary>
internal readonly record struct ProxyReading
{
    private ProxyReading(ProxyRequest? request, string? refusal, bool isLogin = false) =>
        (Request, Refusal, IsLogin) = (request, refusal, isLogin);

    public ProxyRequest? Request { get; }

    /// <summary>Why it was refused, as the log tells it.</summary>
    public string? Refusal { get; }

    /// <summary>Whether it was refused for its password.</summary>
    public bool IsLogin { get; }

    public static implicit operator ProxyReading(ProxyRequest request) => new(request, null);

    public static ProxyReading Refused(string why) => new(null, why);

    /// <summary>Its user and password are not those that are asked for.</summary>
    public static ProxyReading RefusedLogin() => new(null, "its user and password are wrong", isLogin: true);
}
