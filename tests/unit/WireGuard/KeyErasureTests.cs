using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Onetun.WireGuard.Tests;

/// <summary>Where a key is in the memory of this process, which is read from end to end.</summary>
public sealed class KeyErasureTests
{
    public static TheoryData<AeadLibrary> Libraries => [.. Enum.GetValues<AeadLibrary>()];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Disposed_key_is_nowhere_in_memory(AeadLibrary library)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows a process its memory.");
        Assert.SkipUnless(TransportCiphers.Choose(library) == library, "This machine has no OpenSSL.");

        // The complement is what is kept of it to be looked for
        var complement = new byte[Aead.KeySize];
        var key = Create(library, complement);
        Use(key);
        Assert.True(Find(complement) > 0, "A key in use is not found.");
        key.Dispose();
        Assert.Equal(0, Find(complement));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TransportKey Create(AeadLibrary library, byte[] complement)
    {
        var bytes = GC.AllocateArray<byte>(Aead.KeySize, pinned: true);
        SystemRandom.Fill(bytes);
        var key = new TransportKey(bytes, new TransportKeyPool(2, library));
        for (var i = 0; i < bytes.Length; i++)
        {
            complement[i] = (byte)~bytes[i];
        }

        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Use(TransportKey key)
    {
        var message = new byte[1420 + Aead.TagSize];
        for (ulong counter = 0; counter < 100; counter++)
        {
            key.Seal(counter, message.AsSpan(0, 1420), message);
            Assert.True(key.TryOpen(counter, message, message.AsSpan(0, 1420)));
        }
    }

    private static int Find(byte[] complement)
    {
        using var memory = new FileStream("/proc/self/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var chunk = GC.AllocateArray<byte>(1 << 20, pinned: true);
        var found = 0;
        foreach (var line in File.ReadAllLines("/proc/self/maps").Where(IsData))
        {
            long[] range = [.. line.Split(' ')[0].Split('-').Select(Address)];
            for (var at = range[0]; at < range[1]; at += chunk.Length - complement.Length)
            {
                var read = Read(memory, at, chunk.AsSpan(0, (int)Math.Min(chunk.Length, range[1] - at)));
                for (var i = 0; i < read; i++)
                {
                    chunk[i] = (byte)~chunk[i];
                }

                found += chunk.AsSpan(0, read).IndexOf(complement) >= 0 ? 1 : 0;
                chunk.AsSpan().Clear();
            }
        }

        return found;
    }

    private static long Address(string hex) => long.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    // What may be written, and anonymous memory that has been and may not any more
    private static bool IsData(string map) => map.Contains(" rw") || map.Contains(" r--p 00000000 00:00 0 ");

    private static int Read(FileStream memory, long at, Span<byte> chunk)
    {
        try
        {
            memory.Position = at;
            return memory.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false);
        }
        catch (IOException)
        {
            return 0; // unmapped meanwhile, or a guard page
        }
    }
}
