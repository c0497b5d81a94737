namespace Onetun.WireGuard;

/// <summary>
/// The first four bytes of a datagram, little-endian: one byte of type and three that must be zero (WireGuard §5.4).
/// </summary>
internal enum MessageType : uint
{
    HandshakeInitiation = 1,
    HandshakeResponse = 2,
    CookieReply = 3,
    Transport = 4,
}
