using System.Runtime.InteropServices;

namespace Onetun.WireGuard;

/// <summary>
/// What a cipher needs of OpenSSL's libcrypto. Called directly, because the classes of .NET set a context up anew for every
/// message, which costs more than libsodium does.
/// </summary>
internal sealed unsafe class LibCrypto
{
    private const int GetTag = 0x10; // EVP_CTRL_AEAD_GET_TAG
    private const int SetTag = 0x11; // EVP_CTRL_AEAD_SET_TAG

    private readonly delegate* unmanaged<nint> _newContext;
    private readonly delegate* unmanaged<nint, void> _freeContext;
    private readonly delegate* unmanaged<nint> _algorithm;
    private readonly delegate* unmanaged<nint, nint, nint, byte*, byte*, int, int> _initialize;
    private readonly delegate* unmanaged<nint, byte*, int*, byte*, int, int> _update;
    private readonly delegate* unmanaged<nint, byte*, int*, int> _finish;
    private readonly delegate* unmanaged<nint, int, int, byte*, int> _control;

    private LibCrypto(nint library)
    {
        _newContext = (delegate* unmanaged<nint>)Export("EVP_CIPHER_CTX_new");
        _freeContext = (delegate* unmanaged<nint, void>)Export("EVP_CIPHER_CTX_free");
        _algorithm = (delegate* unmanaged<nint>)Export("EVP_chacha20_poly1305");
        _initialize = (delegate* unmanaged<nint, nint, nint, byte*, byte*, int, int>)Export("EVP_CipherInit_ex");
        _update = (delegate* unmanaged<nint, byte*, int*, byte*, int, int>)Export("EVP_CipherUpdate");
        _finish = (delegate* unmanaged<nint, byte*, int*, int>)Export("EVP_CipherFinal_ex");
        _control = (delegate* unmanaged<nint, int, int, byte*, int>)Export("EVP_CIPHER_CTX_ctrl");

        nint Export(string name) => NativeLibrary.GetExport(library, name);
    }

    /// <summary>
    /// This machine's library, on Linux only: looked for by the same names and in the same order as .NET does, so that a process
    /// loads only one. Null if there is none, or if it fails the self-test.
    /// </summary>
    public static LibCrypto? Instance { get; } = Load();

    /// <summary>A context with a key; 0 if the library gives none.</summary>
    public nint NewContext(ReadOnlySpan<byte> key)
    {
        var context = _newContext();
        fixed (byte* keyBytes = key)
        {
            if (context != 0 && _initialize(context, _algorithm(), 0, keyBytes, null, 1) != 1)
            {
                FreeContext(context);
                return 0;
            }
        }

        return context;
    }

    /// <summary>Frees a context and zeroes the key in it.</summary>
    public void FreeContext(nint context) => _freeContext(context);

    /// <summary>Begins a message.</summary>
    public bool Begin(nint context, byte* nonce, bool encrypt) =>
        _initialize(context, 0, 0, null, nonce, encrypt ? 1 : 0) == 1;

    /// <summary>Takes the associated data, if there is any.</summary>
    public bool Authenticate(nint context, byte* data, int length)
    {
        int written;
        return length == 0 || _update(context, null, &written, data, length) == 1;
    }

    /// <summary>Encrypts or decrypts, if there is anything.</summary>
    public bool Transform(nint context, byte* input, int length, byte* output)
    {
        int written;
        return length == 0 || (_update(context, output, &written, input, length) == 1 && written == length);
    }

    /// <summary>Ends a message that was sealed, and writes its tag.</summary>
    public bool Seal(nint context, byte* tag)
    {
        int written;
        return _finish(context, tag, &written) == 1 && _control(context, GetTag, Aead.TagSize, tag) == 1;
    }

    /// <summary>Sets the tag that the message must have.</summary>
    public bool Expect(nint context, byte* tag) => _control(context, SetTag, Aead.TagSize, tag) == 1;

    /// <summary>Ends a message that was opened; false if it has another tag.</summary>
    public bool Open(nint context)
    {
        int written;
        byte nothing;
        return _finish(context, &nothing, &written) == 1;
    }

    private static LibCrypto? Load()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        foreach (var version in (string?[])[Environment.GetEnvironmentVariable("CLR_OPENSSL_VERSION_OVERRIDE"), "3", "1.1"])
        {
            if (version is not null && NativeLibrary.TryLoad($"libcrypto.so.{version}", out var library))
            {
                return TryBind(library) is { } bound && CipherSelfTest.Passes(key => new OpenSslCipher(bound, key)) ? bound : null;
            }
        }

        return null;
    }

    private static LibCrypto? TryBind(nint library)
    {
        try
        {
            return new LibCrypto(library);
        }
        catch (EntryPointNotFoundException)
        {
            return null; // Built without ChaCha20, or not OpenSSL's
        }
    }
}
