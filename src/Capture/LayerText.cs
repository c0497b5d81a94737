namespace Onetun.Capture;

/// <summary>What is captured, in words.</summary>
internal static class LayerText
{
    public static string Describe(this TapLayers layers) => (layers & (TapLayers.Inner | TapLayers.Outer)) switch
    {
        TapLayers.Inner => "packets inside the tunnel",
        TapLayers.Outer => "WireGuard's datagrams outside the tunnel",
        _ => "packets inside the tunnel and WireGuard's datagrams outside",
    };
}
