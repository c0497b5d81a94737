namespace Onetun.WireGuard;

/// <summary>Stub of the contract.</summary>
public readonly record struct PublicKey
{
    /// <summary>Parses the 44 characters of wg's base64.</summary>
    public static bool TryParse(string? base64, out PublicKey key) => throw new NotSupportedException();

    /// <summary>wg's base64.</summary>
    public override string ToString() => throw new NotSupportedException();
}
