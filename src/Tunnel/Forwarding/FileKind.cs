using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Onetun.Tunnel.Forwarding;

/// <summary>What a file is, which .NET does not tell. It is not opened for that: a FIFO would wait for its other end.</summary>
internal static partial class FileKind
{
    // These are of statx(2).
    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint Type = 1;
    private const int SizeOfResult = 256;
    private const int ModeAt = 28;

    // These are of inode(7).
    private const int TypeMask = 0xF000;
    private const int Socket = 0xC000;

    /// <summary>
    /// Whether what refused a connection is a socket, and not a link to one; false where that cannot be said. On macOS
    /// connect(2) has said it already, by ENOTSOCK.
    /// </summary>
    public static bool IsSocket(string path)
    {
        if (OperatingSystem.IsMacOS())
        {
            return true;
        }

        Span<byte> result = stackalloc byte[SizeOfResult];
        return OperatingSystem.IsLinux()
            && Stat(CurrentDirectory, path, NoFollow, Type, ref MemoryMarshal.GetReference(result)) == 0
            && (BinaryPrimitives.ReadUInt16LittleEndian(result[ModeAt..]) & TypeMask) == Socket;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(int directory, string path, int flags, uint mask, ref byte result);
}
