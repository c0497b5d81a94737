namespace Onetun.Forwarder.Configuration;

/// <summary>Says why nothing behind a tunnel is reached as localhost, and what to write instead.</summary>
internal static class LoopbackFault
{
    /// <summary>Of a host that is one (<see cref="HostText.IsLoopback"/>).</summary>
    public static string Of(string host) =>
        $"{host} is this machine, not one behind the tunnel: write the host's address inside the tunnel, such as the peer's own";
}
