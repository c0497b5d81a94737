using System.Security.Cryptography;
using System.Text;

namespace Onetun.Forwarder.Common;

/// <summary>Who may use a proxy.</summary>
internal sealed record ProxyCredentials(string User, string Password)
{
    /// <summary>Reads <c>user:password</c>.</summary>
    public static bool TryParse(string text, out ProxyCredentials? credentials)
    {
        var colon = text.IndexOf(':');
        var isPair = colon > 0 && colon < text.Length - 1;
        credentials = isPair ? new ProxyCredentials(text[..colon], text[(colon + 1)..]) : null;
        // RFC 1929 has one byte for each length.
        return credentials is not null
            && Encoding.UTF8.GetByteCount(credentials.User) <= 255
            && Encoding.UTF8.GetByteCount(credentials.Password) <= 255;
    }

    /// <summary>Whether these are the right ones, in a time that does not depend on how much of them is right.</summary>
    public bool Match(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password) =>
        CryptographicOperations.FixedTimeEquals(user, Encoding.UTF8.GetBytes(User))
        & CryptographicOperations.FixedTimeEquals(password, Encoding.UTF8.GetBytes(Password));

    /// <summary>Not the password.</summary>
    public override string ToString() => User;
}
