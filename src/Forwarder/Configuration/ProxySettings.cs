using Onetun.Forwarder.Common;
using Onetun.Forwarder.Proxies;

namespace Onetun.Forwarder.Configuration;

/// <summary>A proxy as it was written in a file.</summary>
/// <param name="Kind">What it speaks.</param>
/// <param name="BindAddress">Where it listens, as host:port.</param>
/// <param name="User">Who may use it, unless options say otherwise; null is anyone who reaches it.</param>
internal sealed record ProxySettings(ProxyKind Kind, Setting BindAddress, ProxyCredentials? User);
