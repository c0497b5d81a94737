using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Onetun.WireGuard;

namespace Onetun.Interop;

/// <summary>Initiations from somebody with no key of his own: mac1 takes only the public key of its receiver.</summary>
internal sealed class InitiationFlood : IDisposable
{
    /// <summary>More than the 128 that wireguard-go lets wait before it is under load.</summary>
    private const int Burst = 200;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CookieGenerator _macs;
    private readonly byte[] _datagram = new byte[2048];

    public InitiationFlood(IPEndPoint target, string publicKey)
    {
        Assert.True(PublicKey.TryParse(publicKey.Trim(), out var key), "a public key");
        _macs = new CookieGenerator(key);
        _socket.Connect(target);
    }

    public int Sent { get; private set; }

    /// <summary>How often the target answered that it wants a proof of our address first.</summary>
    public int CookieReplies { get; private set; }

    /// <summary>Sends so many, a burst at a time; ends early, without a fault, when it is stopped.</summary>
    public async Task SendAsync(int count, int perSecond, bool withMac1, CancellationToken stop = default)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1) * Burst / perSecond);
        for (var left = count; left > 0 && !stop.IsCancellationRequested; left -= Burst)
        {
            for (var i = 0; i < Math.Min(left, Burst); i++)
            {
                _socket.Send(Write(_datagram, withMac1));
                Sent++;
            }

            CountReplies();
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    public void Dispose() => _socket.Dispose();

    private Span<byte> Write(Span<byte> datagram, bool withMac1)
    {
        var message = datagram[..HandshakeInitiation.Size];
        RandomNumberGenerator.Fill(message);
        new HandshakeInitiation(message).WriteHeader(sender: (uint)Sent);
        if (withMac1)
        {
            _macs.AddMacs(now: TimeSpan.Zero, message);
        }

        return message;
    }

    private void CountReplies()
    {
        while (_socket.Available > 0)
        {
            var length = _socket.Receive(_datagram);
            if (length == CookieReply.Size && _datagram[0] == (byte)MessageType.CookieReply)
            {
                CookieReplies++;
            }
        }
    }
}
