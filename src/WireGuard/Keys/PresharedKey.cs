namespace Onetun.WireGuard;

/// <summary>Stub of the contract.</summary>
public sealed class PresharedKey : IDisposable
{
    /// <summary>Parses the 44 characters of wg's base64.</summary>
    public static bool TryParse(string? base64, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PresharedKey? key) =>
        throw new NotSupportedException();

    /// <summary>A new key.</summary>
    public static PresharedKey Generate() => throw new NotSupportedException();

    /// <summary>wg's base64. The secret itself: never log it.</summary>
    public string ToBase64() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotSupportedException();
}
