using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>
/// The receiver's side of mac1, mac2 and cookies (WireGuard §5.4.4, §5.4.7). A cookie proves that its sender receives at
/// the address and port it sends from; all of them come from one secret, so they are not stored.
/// </summary>
internal sealed class CookieChecker(PublicKey ownKey) : IDisposable
{
    private const int SecretSize = 32;

    private readonly byte[] _mac1Key = CookieLabels.Mac1Key(ownKey);
    private readonly XAead _replies = new(CookieLabels.CookieKey(ownKey));
    private readonly byte[] _secret = GC.AllocateArray<byte>(SecretSize, pinned: true);
    private TimeSpan? _secretMadeAt;

    public bool HasValidMac1(Span<byte> message)
    {
        var macs = new HandshakeMacs(message);
        Span<byte> expected = stackalloc byte[Blake2s.MacSize];
        Blake2s.Mac(_mac1Key, macs.BeforeMac1, expected);
        return CryptographicOperations.FixedTimeEquals(expected, macs.Mac1);
    }

    public bool HasValidMac2(TimeSpan now, Span<byte> message, in UdpEndPoint source)
    {
        if (!HasSecret(now))
        {
            return false;
        }

        var macs = new HandshakeMacs(message);
        Span<byte> cookie = stackalloc byte[Blake2s.MacSize];
        Span<byte> expected = stackalloc byte[Blake2s.MacSize];
        MakeCookie(source, cookie);
        Blake2s.Mac(cookie, macs.BeforeMac2, expected);
        return CryptographicOperations.FixedTimeEquals(expected, macs.Mac2);
    }

    /// <summary>Answers a handshake message whose mac1 is valid with the cookie for its source.</summary>
    public void WriteReply(
        TimeSpan now, IEnvironment environment, Span<byte> message, in UdpEndPoint source, CookieReply reply)
    {
        if (!HasSecret(now))
        {
            environment.Fill(_secret);
            _secretMadeAt = now;
        }

        Span<byte> cookie = stackalloc byte[Blake2s.MacSize];
        MakeCookie(source, cookie);
        reply.WriteHeader(receiver: BinaryPrimitives.ReadUInt32LittleEndian(message[4..]));
        environment.Fill(reply.Nonce);
        _replies.Seal(reply.Nonce, new HandshakeMacs(message).Mac1, cookie, reply.EncryptedCookie);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_secret);
        _replies.Dispose();
    }

    private bool HasSecret(TimeSpan now) => now - _secretMadeAt < Constants.CookieSecretLifetime;

    /// <summary>The port is part of it: many share the address of a NAT.</summary>
    private void MakeCookie(in UdpEndPoint source, Span<byte> cookie)
    {
        Span<byte> bytes = stackalloc byte[18];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, source.Address);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[16..], source.Port);
        Blake2s.Mac(_secret, source.IsIPv4 ? bytes[12..] : bytes, cookie);
    }
}
