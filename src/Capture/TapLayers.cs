namespace Onetun.Capture;

/// <summary>What a tap is shown.</summary>
[Flags]
public enum TapLayers
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The packets inside the tunnel.</summary>
    Inner = 1,

    /// <summary>The datagrams outside that carry them, and WireGuard's own messages.</summary>
    Outer = 2,

    /// <summary>The keys of every handshake: whoever has them and the datagrams reads all that they carry.</summary>
    Keys = 4,
}
