using Onetun.Capture;

namespace Onetun.Testing;

/// <summary>Those who watch the packets of a network, each until it throws. Used under the gate.</summary>
internal sealed class Watchers(TimeProvider time)
{
    private readonly List<IPacketTap> _taps = [];

    public IDisposable Add(IPacketTap tap, Lock gate)
    {
        lock (gate)
        {
            _taps.Add(tap);
        }

        return new Watching(this, tap, gate);
    }

    public void Show(ReadOnlySpan<byte> packet, string? remark)
    {
        for (var i = _taps.Count - 1; i >= 0; i--)
        {
            try
            {
                _taps[i].OnPacket(new TappedPacket(time.GetUtcNow().UtcDateTime, PacketDirection.Outbound, packet) { Comment = remark });
            }
#pragma warning disable CA1031 // It may throw what it likes
            catch (Exception)
#pragma warning restore CA1031
            {
                _taps.RemoveAt(i);
            }
        }
    }

    private sealed class Watching(Watchers watchers, IPacketTap tap, Lock gate) : IDisposable
    {
        public void Dispose()
        {
            lock (gate)
            {
                watchers._taps.Remove(tap);
            }
        }
    }
}
