using System.Security.Cryptography;

namespace Onetun.Tunnel.Text;

/// <summary>Says why a text is not a key, and reveals nothing of it.</summary>
internal static class KeyFault
{
    private const int KeySize = 32;
    private const int TextLength = 44;

    public static string Describe(string text)
    {
        if (text.Length == 0)
        {
            return "it is empty";
        }

        if (text.Any(char.IsWhiteSpace))
        {
            return "there is white space in it";
        }

        var bytes = new byte[text.Length];
        var isBase64 = Convert.TryFromBase64String(text, bytes, out var length);
        var isZero = !bytes.AsSpan(0, length).ContainsAnyExcept((byte)0);
        CryptographicOperations.ZeroMemory(bytes);
        return (isBase64, length) switch
        {
            (true, KeySize) when isZero => "it is all zeros, which is not a key",
            (true, KeySize) => "not base64 as wg writes it (its last digit has spare bits that are not zero)",
            (true, _) => $"{length} bytes instead of {KeySize}",
            _ => $"not base64{(text.Length == TextLength ? "" : $", which has {TextLength} characters, not {text.Length}")}",
        };
    }
}
