namespace Onetun.WireGuard;

/// <summary>Stub of the contract.</summary>
public sealed class PrivateKey : IDisposable
{
    /// <summary>Parses the 44 characters of wg's base64.</summary>
    public static bool TryParse(string? base64, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PrivateKey? key) =>
        throw new NotSupportedException();

    /// <summary>A new key.</summary>
    public static PrivateKey Generate() => throw new NotSupportedException();

    /// <summary>The public half.</summary>
    public PublicKey PublicKey => throw new NotSupportedException();

    /// <summary>wg's base64, clamped. The secret itself: never log it.</summary>
    public string ToBase64() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotSupportedException();
}
