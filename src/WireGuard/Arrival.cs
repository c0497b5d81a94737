namespace Onetun.WireGuard;

/// <summary>
/// A datagram that has come. The packet that it carries is yet to be opened, for which the device is not needed: it may be at work
/// meanwhile. Arrivals at one device are opened by one caller at a time.
/// </summary>
public struct Arrival
{
    private readonly ITransportCipher? _cipher;
    private readonly ulong _counter;

    /// <summary>A packet of a session, to be opened with this key and counter.</summary>
    internal Arrival(Session session, ITransportCipher cipher, ulong counter)
    {
        (Session, _cipher, _counter) = (session, cipher, counter);
    }

    /// <summary>A packet of a session that is not opened, or cannot be.</summary>
    internal Arrival(Session session, DatagramOutcome outcome, Exception? fault = null)
    {
        (Session, Outcome, Fault) = (session, outcome, fault);
    }

    /// <summary>Whose packet it is; null if it is none that a session was found for.</summary>
    internal Session? Session { get; }

    /// <summary>The counter of the packet.</summary>
    internal readonly ulong Counter => _counter;

    /// <summary><see cref="DatagramOutcome.Packet"/> if it was opened, otherwise why it was not.</summary>
    internal DatagramOutcome Outcome { get; private set; } = DatagramOutcome.InvalidPacket;

    /// <summary>What was thrown, of itself a fault of the session.</summary>
    internal Exception? Fault { get; private set; }

    /// <summary>Opens the packet where it lies, once. Whatever its bytes, it does not throw.</summary>
    /// <param name="datagram">The whole datagram.</param>
    public void Open(Span<byte> datagram)
    {
        if (_cipher is null)
        {
            return;
        }

        try
        {
            var sealedBytes = datagram[TransportHeader.Size..];
            if (TransportKey.TryOpen(_cipher, _counter, sealedBytes, sealedBytes[..^Aead.TagSize]))
            {
                Outcome = DatagramOutcome.Packet;
            }
        }
        catch (ObjectDisposedException)
        {
            // The session has ended meanwhile
        }
        catch (Exception fault)
        {
            (Outcome, Fault) = (DatagramOutcome.Fault, fault);
        }
    }
}
