using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Onetun.Tunnel;

/// <summary>
/// One datagram per call, with the address of ours that it comes to or leaves from. Nothing waits, nothing is allocated, and any
/// number of threads may send.
/// </summary>
[SupportedOSPlatform("linux")]
internal static unsafe class AddressedDatagram
{
    /// <summary>Takes a datagram. Returns 0, or the error number: EAGAIN if there is none.</summary>
    /// <param name="socket">One that <see cref="PacketInformation"/> was enabled for.</param>
    /// <param name="buffer">As long as any that is to be taken whole.</param>
    /// <param name="sender">The sockaddr that it came from; of the length that those of the socket have.</param>
    /// <param name="length">What it holds.</param>
    /// <param name="local">The address of ours that it came to, IPv4 in mapped form.</param>
    public static int TryReceive(
        SafeSocketHandle socket, Span<byte> buffer, Span<byte> sender, out int length, out UInt128 local)
    {
        ControlBlock control = default;
        fixed (byte* bytes = buffer, name = sender)
        {
            var vector = new IoVector { Base = bytes, Length = (nuint)buffer.Length };
            var message = MessageOf(&vector, name, sender.Length, &control, sizeof(ControlBlock));
            length = (int)Libc.ReceiveMessage(socket, &message, Libc.MsgDontWait);
            local = length < 0 ? default : control.Read((int)message.ControlLength, out _, out _);
        }
        return length < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>
    /// Sends a datagram, from any address of ours if it cannot be the one that is given. Returns 0 or the error number.
    /// </summary>
    /// <param name="socket">As for <see cref="TryReceive"/>.</param>
    /// <param name="datagram">What it holds.</param>
    /// <param name="destination">The sockaddr that it goes to.</param>
    /// <param name="local">The address of ours that it leaves from, IPv4 in mapped form.</param>
    public static int TrySend(
        SafeSocketHandle socket, ReadOnlySpan<byte> datagram, ReadOnlySpan<byte> destination, UInt128 local)
    {
        var ipv6 = destination.Length >= SocketAddressBytes.IPv6Length;
        var zone = SocketAddressBytes.Read(destination, ipv6).ScopeId;
        ControlBlock control = default;
        var controlLength = control.Write(ipv6, local, zone, segmentLength: 0);
        fixed (byte* bytes = datagram, name = destination)
        {
            var vector = new IoVector { Base = bytes, Length = (nuint)datagram.Length };
            var message = MessageOf(&vector, name, destination.Length, &control, controlLength);
            var error = TrySend(socket, &message);
            if (Errno.IsOfSource(error))
            {
                message.ControlLength = 0;
                error = TrySend(socket, &message);
            }
            return error;
        }
    }

    private static int TrySend(SafeSocketHandle socket, Message* message) =>
        Libc.SendMessage(socket, message, Libc.MsgDontWait) < 0 ? Marshal.GetLastPInvokeError() : 0;

    private static Message MessageOf(IoVector* vector, byte* name, int nameLength, ControlBlock* control, int controlLength) => new()
    {
        Name = name,
        NameLength = (uint)nameLength,
        Vectors = vector,
        VectorCount = 1,
        Control = control,
        ControlLength = (nuint)controlLength,
    };
}
