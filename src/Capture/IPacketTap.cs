namespace Onetun.Capture;

/// <summary>
/// Watches what passes a tunnel. It is called on the data path: it copies what it wants to keep, does not block or call the tunnel,
/// and does not throw. A tap that throws is called no more.
/// </summary>
/// <remarks>
/// Inner packets come one at a time, and so do datagrams of one direction, but these three may come at once, on several threads.
/// </remarks>
public interface IPacketTap
{
    /// <summary>What it is shown, the same all its life. By default that is inner packets.</summary>
    TapLayers Layers => TapLayers.Inner;

    /// <summary>Called for each packet of its layers.</summary>
    void OnPacket(in TappedPacket packet);

    /// <summary>
    /// Called, if <see cref="TapLayers.Keys"/> is among its layers, with the keys of each handshake before its message is sent. By
    /// default it does nothing.
    /// </summary>
    /// <param name="keyLog">Lines of <see cref="KeyLogText"/>, in ASCII; good during the call, and zeroed after it.</param>
    void OnKeys(ReadOnlySpan<byte> keyLog)
    {
        // Most taps want none
    }
}
