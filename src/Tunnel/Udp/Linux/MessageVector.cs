using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// The messages of one recvmmsg or sendmmsg call with their addresses, vectors and control blocks, laid out once in
/// pinned memory; between calls only what changed is written.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class MessageVector
{
    private const int AddressFamilyInet = 2;
    private const int AddressFamilyInet6 = 10;

    private readonly MultiMessage[] _messages;
    private readonly IoVector[] _vectors;
    private readonly ControlBlock[] _controls;
    private readonly RawSocketAddress[] _names;
    private readonly bool _ipv6;

    public MessageVector(int count, bool ipv6)
    {
        _ipv6 = ipv6;
        _messages = GC.AllocateArray<MultiMessage>(count, pinned: true);
        _vectors = GC.AllocateArray<IoVector>(count, pinned: true);
        _controls = GC.AllocateArray<ControlBlock>(count, pinned: true);
        _names = GC.AllocateArray<RawSocketAddress>(count, pinned: true);
        for (var i = 0; i < count; i++)
        {
            _names[i].Family = (ushort)(ipv6 ? AddressFamilyInet6 : AddressFamilyInet);
            ref var header = ref _messages[i].Header;
            header.Name = (byte*)Unsafe.AsPointer(ref _names[i]);
            header.NameLength = NameLength;
            header.Vectors = (IoVector*)Unsafe.AsPointer(ref _vectors[i]);
            header.VectorCount = 1;
            header.Control = (ControlBlock*)Unsafe.AsPointer(ref _controls[i]);
        }
    }

    public int Capacity => _messages.Length;

    public MultiMessage* Pointer =>
        (MultiMessage*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_messages));

    private uint NameLength => (uint)(_ipv6 ? SocketAddressBytes.IPv6Length : SocketAddressBytes.IPv4Length);

    public ref readonly MultiMessage this[int index] => ref _messages[index];

    public void SetPayload(int index, byte* data, int length) =>
        _vectors[index] = new IoVector { Base = data, Length = (nuint)length };

    /// <summary>False if a socket of this family cannot reach the destination.</summary>
    public bool TrySetDestination(int index, in UdpEndPoint destination) =>
        SocketAddressBytes.TryWrite(NameBytes(index), _ipv6, destination);

    /// <summary>
    /// Has the message leave from the destination's source, if it has one, with an ECN field, and cut into datagrams of a size;
    /// 0 sends it as one.
    /// </summary>
    public void SetControl(int index, in UdpEndPoint destination, int segmentLength, EcnField ecn)
    {
        ref var control = ref _controls[index];
        var used = control.Write(_ipv6, destination.Source, destination.ScopeId, segmentLength);
        if (ecn != EcnField.NotEct)
        {
            used = control.WriteEcn(used, isIPv6Packet: _ipv6 && !destination.IsIPv4, ecn);
        }
        _messages[index].Header.ControlLength = (nuint)used;
    }

    /// <summary>Restores the lengths that the system overwrote when it received.</summary>
    public void ResetReceived(int count)
    {
        for (var i = 0; i < count; i++)
        {
            ref var header = ref _messages[i].Header;
            header.NameLength = NameLength;
            header.ControlLength = (nuint)sizeof(ControlBlock);
            header.Flags = 0;
        }
    }

    /// <summary>False for what has no source, such as the end of a socket that was shut down.</summary>
    /// <param name="index">Which message.</param>
    /// <param name="source">Where it comes from, and which address of ours it came to.</param>
    /// <param name="segmentLength">The datagram size of a train; 0 for a single datagram.</param>
    /// <param name="ecn">The ECN field of each of its datagrams.</param>
    public bool TryGetSource(int index, out UdpEndPoint source, out int segmentLength, out EcnField ecn)
    {
        ref readonly var header = ref _messages[index].Header;
        segmentLength = 0;
        source = default;
        ecn = default;
        if (header.NameLength < NameLength)
        {
            return false;
        }
        var local = _controls[index].Read((int)header.ControlLength, out segmentLength, out ecn);
        source = SocketAddressBytes.Read(NameBytes(index), _ipv6) with { Source = local };
        return true;
    }

    private Span<byte> NameBytes(int index) =>
        MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref _names[index], 1));
}
