using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Onetun.Forwarder.Common;

/// <summary>Who may use a proxy.</summary>
internal sealed record ProxyCredentials(string User, string Password)
{
    /// <summary>Reads <c>user:password</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ProxyCredentials? credentials)
    {
        var colon = text.IndexOf(':');
        credentials = null;
        return colon > 0 && TryCreate(text[..colon], text[(colon + 1)..], out credentials);
    }

    /// <summary>Those of a user and a password that every protocol can carry: RFC 1929 §2 has one byte for each length.</summary>
    public static bool TryCreate(string user, string password, [NotNullWhen(true)] out ProxyCredentials? credentials)
    {
        var isRight = Encoding.UTF8.GetByteCount(user) is > 0 and <= 255 && Encoding.UTF8.GetByteCount(password) is > 0 and <= 255;
        credentials = isRight ? new ProxyCredentials(user, password) : null;
        return isRight;
    }

    /// <summary>Whether these are the right ones, in a time that does not depend on how much of them is right.</summary>
    public bool Match(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password) =>
        CryptographicOperations.FixedTimeEquals(user, Encoding.UTF8.GetBytes(User))
        & CryptographicOperations.FixedTimeEquals(password, Encoding.UTF8.GetBytes(Password));

    /// <summary>Not the password.</summary>
    public override string ToString() => User;
}
