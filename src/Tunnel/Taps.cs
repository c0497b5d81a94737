using System.Net;
using System.Security.Cryptography;
using Onetun.Capture;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>Those who watch what passes a tunnel. One that throws sees no more: it would throw at every packet.</summary>
internal sealed class Taps
{
    private readonly TimeProvider _time;
    private readonly FaultReports _faults;
    private readonly OuterFrame _inbound;
    private readonly OuterFrame _outbound;
    private readonly Lock _changing = new();
    private volatile Entry[] _entries;
    private volatile TapLayers _layers;

    public Taps(DriverOptions options, Func<IPEndPoint> local, FaultReports faults)
    {
        (_time, _faults) = (options.Time, faults);
        _inbound = new OuterFrame(local, options.SourceFor);
        _outbound = new OuterFrame(local, options.SourceFor);
        _entries = [.. options.Taps.Select(tap => new Entry(tap, tap.Layers))];
        Count();
    }

    /// <summary>Whether anybody watches inner packets.</summary>
    public bool ShowInner => _layers.HasFlag(TapLayers.Inner);

    /// <summary>Whether anybody watches datagrams.</summary>
    public bool ShowOuter => _layers.HasFlag(TapLayers.Outer);

    /// <summary>Whether anybody wants the keys of handshakes.</summary>
    public bool ShowKeys => _layers.HasFlag(TapLayers.Keys);

    public void Add(IPacketTap tap)
    {
        lock (_changing)
        {
            _entries = [.. _entries, new Entry(tap, tap.Layers)];
            Count();
        }
    }

    public void Remove(IPacketTap tap)
    {
        lock (_changing)
        {
            _entries = [.. _entries.Where(entry => entry.Tap != tap)];
            Count();
        }
    }

    /// <summary>Datagrams may leave from another address than before.</summary>
    public void ForgetSources()
    {
        _inbound.Forget();
        _outbound.Forget();
    }

    /// <summary>Shows an inner packet; under the lock of the stack.</summary>
    public void Inner(PacketDirection direction, ReadOnlySpan<byte> packet, string? comment) =>
        Show(TapLayers.Inner, new TappedPacket(_time.GetUtcNow().UtcDateTime, direction, packet) { Comment = comment });

    /// <summary>Shows a datagram that has come, under the lock of the stack, or that is about to leave; one caller at a time for each.</summary>
    /// <param name="direction">Which of the two.</param>
    /// <param name="peer">The other end of its way.</param>
    /// <param name="ecn">The ECN field of its IP header.</param>
    /// <param name="datagram">Itself, sealed.</param>
    /// <param name="carried">The packet in it, opened; empty if there is none.</param>
    /// <param name="comment">What is to be said of it, if anything.</param>
    public void Outer(
        PacketDirection direction,
        in UdpEndPoint peer,
        EcnField ecn,
        ReadOnlySpan<byte> datagram,
        ReadOnlySpan<byte> carried,
        string? comment)
    {
        try
        {
            var frame = direction == PacketDirection.Inbound ? _inbound.FromPeer(peer, ecn, datagram) : _outbound.ToPeer(peer, ecn, datagram);
            Show(TapLayers.Outer, new TappedPacket(_time.GetUtcNow().UtcDateTime, direction, frame)
            {
                IsOuter = true,
                Carried = carried,
                Comment = comment,
            });
        }
        catch (Exception fault)
        {
            _faults.Add("a datagram that was to be shown", fault);
        }
    }

    /// <summary>Shows the keys of a handshake; under the lock of the stack.</summary>
    public void Keys(in HandshakeKeys keys)
    {
        Span<byte> lines = stackalloc byte[KeyLogText.MaxLength];
        Span<byte> remote = stackalloc byte[PublicKey.Size];
        keys.RemoteStatic.CopyTo(remote);
        var length = KeyLogText.Write(lines, keys.LocalStatic, remote, keys.LocalEphemeral, keys.Preshared);
        foreach (var (tap, layers) in _entries)
        {
            if (layers.HasFlag(TapLayers.Keys))
            {
                try
                {
                    tap.OnKeys(lines[..length]);
                }
                catch (Exception fault)
                {
                    TakeOff(tap, fault);
                }
            }
        }

        CryptographicOperations.ZeroMemory(lines);
    }

    private void Show(TapLayers layer, in TappedPacket packet)
    {
        foreach (var (tap, layers) in _entries)
        {
            if (layers.HasFlag(layer))
            {
                try
                {
                    tap.OnPacket(packet);
                }
                catch (Exception fault)
                {
                    TakeOff(tap, fault);
                }
            }
        }
    }

    private void TakeOff(IPacketTap tap, Exception fault)
    {
        Remove(tap);
        _faults.Add("the packet tap, which sees no more", fault);
    }

    private void Count() => _layers = _entries.Aggregate(TapLayers.None, (all, entry) => all | entry.Layers);

    private readonly record struct Entry(IPacketTap Tap, TapLayers Layers);
}
