using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Onetun.WireGuard;

/// <summary>
/// OpenSSL's cipher, which takes 0.6 times as long as libsodium's for a full packet. The key lies in its context, on the heap,
/// until that is zeroed and freed.
/// </summary>
internal sealed unsafe class OpenSslCipher(LibCrypto library, ReadOnlySpan<byte> key) : ITransportCipher
{
    private readonly Context _context = new(library, key);

    public void Seal(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext,
        Span<byte> sealedBytes)
    {
        Check(nonce.Length, plaintext.Length, sealedBytes.Length);
        using var use = _context.Use(out var context);
        fixed (byte* n = nonce, a = associatedData, p = plaintext, s = sealedBytes)
        {
            if (!library.Begin(context, n, encrypt: true)
                || !library.Authenticate(context, a, associatedData.Length)
                || !library.Transform(context, p, plaintext.Length, s)
                || !library.Seal(context, s + plaintext.Length))
            {
                throw new CryptographicException("OpenSSL does not encrypt.");
            }
        }
    }

    public bool TryOpen(
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> sealedBytes,
        Span<byte> plaintext)
    {
        Check(nonce.Length, plaintext.Length, sealedBytes.Length);
        using var use = _context.Use(out var context);
        fixed (byte* n = nonce, a = associatedData, p = plaintext, s = sealedBytes)
        {
            if (library.Begin(context, n, encrypt: false)
                && library.Expect(context, s + plaintext.Length)
                && library.Authenticate(context, a, associatedData.Length)
                && library.Transform(context, s, plaintext.Length, p)
                && library.Open(context))
            {
                return true;
            }
        }

        // Decrypted before the tag was known to be wrong: nobody is to see it
        plaintext.Clear();
        return false;
    }

    public void Dispose() => _context.Dispose();

    /// <summary>The library sees only addresses: lengths are checked here.</summary>
    private static void Check(int nonce, int plaintext, int sealedBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(nonce, Aead.NonceSize);
        ArgumentOutOfRangeException.ThrowIfNotEqual(sealedBytes, plaintext + Aead.TagSize);
    }

    private sealed class Context : SafeHandleZeroOrMinusOneIsInvalid
    {
        private readonly LibCrypto _library;

        public Context(LibCrypto library, ReadOnlySpan<byte> key)
            : base(ownsHandle: true)
        {
            _library = library;
            SetHandle(library.NewContext(key));
            if (IsInvalid)
            {
                throw new CryptographicException("OpenSSL gives no context.");
            }
        }

        /// <summary>Somebody else may dispose it meanwhile: it is freed when the use has ended.</summary>
        public Holding Use(out nint context)
        {
            var held = false;
            DangerousAddRef(ref held);
            context = handle;
            return new Holding(this);
        }

        protected override bool ReleaseHandle()
        {
            _library.FreeContext(handle);
            return true;
        }

        public readonly ref struct Holding(Context context)
        {
            public void Dispose() => context.DangerousRelease();
        }
    }
}
