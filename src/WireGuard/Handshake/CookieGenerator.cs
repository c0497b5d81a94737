namespace Onetun.WireGuard;

/// <summary>The sender's side of mac1, mac2 and cookies, for one peer (WireGuard §5.4.4, §5.4.7).</summary>
internal sealed class CookieGenerator(PublicKey peerKey)
{
    private readonly byte[] _mac1Key = CookieLabels.Mac1Key(peerKey);
    private readonly byte[] _cookieKey = CookieLabels.CookieKey(peerKey);
    private readonly byte[] _lastMac1 = new byte[Blake2s.MacSize];
    private readonly byte[] _cookie = new byte[Blake2s.MacSize];
    private TimeSpan? _cookieReceivedAt;
    private bool _awaitsReply;

    /// <summary>Completes a handshake message: mac1 always, mac2 if a cookie is fresh enough, else zeros.</summary>
    public void AddMacs(TimeSpan now, Span<byte> message)
    {
        var macs = new HandshakeMacs(message);
        Blake2s.Mac(_mac1Key, macs.BeforeMac1, macs.Mac1);
        macs.Mac1.CopyTo(_lastMac1);
        _awaitsReply = true;

        if (now - _cookieReceivedAt < Constants.CookieLifetime)
        {
            Blake2s.Mac(_cookie, macs.BeforeMac2, macs.Mac2);
        }
        else
        {
            macs.Mac2.Clear();
        }
    }

    /// <summary>
    /// Keeps the cookie for the next message. Only the last message can be answered, and only once, so a reply cannot be
    /// replayed.
    /// </summary>
    public bool TryConsume(TimeSpan now, CookieReply reply)
    {
        if (!_awaitsReply)
        {
            return false;
        }

        using var replies = new XAead(_cookieKey);
        Span<byte> cookie = stackalloc byte[Blake2s.MacSize];
        if (!replies.TryOpen(reply.Nonce, _lastMac1, reply.EncryptedCookie, cookie))
        {
            return false;
        }

        cookie.CopyTo(_cookie);
        _cookieReceivedAt = now;
        _awaitsReply = false;
        return true;
    }
}
