using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using NSec.Cryptography;

namespace Onetun.Forwarder.Hosting;

/// <summary>
/// The libsodium that a program compiled ahead of time for Linux carries in its one file. It is given to the system's loader in
/// memory, so that no directory has to be writable and none is trusted.
/// </summary>
internal static partial class EmbeddedSodium
{
    private const string Name = "libsodium";
    private const uint CloseOnExec = 1;
    private const uint Executable = 0x10;

    /// <summary>Has NSec use it, where there is one. To be called before anything else touches NSec.</summary>
    public static void Use()
    {
        if (OperatingSystem.IsLinux() && Assembly.GetExecutingAssembly().GetManifestResourceStream("libsodium.so") is { } image)
        {
            // The runtime asks once for each function that it binds.
            var library = new Lazy<nint>(() => Load(image));
            NativeLibrary.SetDllImportResolver(typeof(Algorithm).Assembly, (name, _, _) => name == Name ? library.Value : 0);
        }
    }

    private static nint Load(Stream image)
    {
        var descriptor = MemfdCreate(Name, CloseOnExec | Executable);
        if (descriptor < 0)
        {
            // Linux before 6.3 knows no flag for what every such file was.
            descriptor = MemfdCreate(Name, CloseOnExec);
        }

        if (descriptor < 0)
        {
            // One that is installed may serve as well: the loader looks on.
            return 0;
        }

        using var file = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Write, bufferSize: 0);
        image.CopyTo(file);
        var path = $"/proc/self/fd/{descriptor}";
        return File.Exists(path)
            ? NativeLibrary.Load(path)
            : throw new DllNotFoundException("libsodium is inside this program and is loaded by way of /proc, which is not mounted here");
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemfdCreate(string name, uint flags);
}
