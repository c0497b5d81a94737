namespace Onetun.Forwarder.Proxies;

/// <summary>A request that is passed on as HTTP, not as a tunnel for bytes.</summary>
/// <param name="Method">Some have responses without a body.</param>
/// <param name="Head">What the server is sent first.</param>
/// <param name="Body">What follows.</param>
internal sealed record PlainRequest(string Method, byte[] Head, MessageBody Body)
{
    /// <summary>The client may send another one after it.</summary>
    public bool IsKept { get; init; }

    /// <summary>The client waits to be asked for the body (RFC 9110 §10.1.1).</summary>
    public bool WaitsForContinue { get; init; }

    /// <summary>The client would rather speak another protocol after it.</summary>
    public bool AsksToUpgrade { get; init; }
}
