using SharpPcap;

namespace Onetun.Capture.Tests;

/// <summary>Shows packets to taps, as a tunnel does, and makes live taps of itself.</summary>
internal sealed class ShownTaps
{
    /// <summary>In it, 100 ns count.</summary>
    public static readonly DateTime Noon = new DateTime(2024, 11, 30, 12, 0, 0, DateTimeKind.Utc).AddTicks(1234567);

    private volatile IPacketTap[] _taps = [];

    public int Count => _taps.Length;

    /// <summary>What has been sent by live taps.</summary>
    public List<byte[]> Sent { get; } = [];

    /// <summary>Called when a tap is added.</summary>
    public Action Adding { get; set; } = static () => { };

    public LiveTap Create(TapLayers layers = TapLayers.Inner) => new("test", Add, packet => Sent.Add(packet.ToArray()), layers);

    /// <summary>One that is open, hands packets over at once, and does not wait for any.</summary>
    public LiveTap Open(TapLayers layers = TapLayers.Inner, int snapLength = 65536, int? buffer = null, int readTimeout = -1)
    {
        var tap = Create(layers);
        tap.Open(new DeviceConfiguration { Snaplen = snapLength, BufferSize = buffer, ReadTimeout = readTimeout, Immediate = true });
        return tap;
    }

    public void Show(in TappedPacket packet)
    {
        foreach (var tap in _taps)
        {
            tap.OnPacket(packet);
        }
    }

    /// <summary>Shows an inner packet that has come in.</summary>
    public void Show(ReadOnlySpan<byte> packet) => Show(new TappedPacket(Noon, PacketDirection.Inbound, packet));

    private Watching Add(IPacketTap tap)
    {
        _taps = [.. _taps, tap];
        Adding();
        return new Watching(this, tap);
    }

    private sealed class Watching(ShownTaps shown, IPacketTap tap) : IDisposable
    {
        public void Dispose() => shown._taps = [.. shown._taps.Where(one => one != tap)];
    }
}
