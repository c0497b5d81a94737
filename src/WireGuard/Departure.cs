namespace Onetun.WireGuard;

/// <summary>
/// A datagram on its way out. What it carries is yet to be sealed, for which the device is not needed: it may be at work meanwhile.
/// Departures of one device are sealed by one caller at a time.
/// </summary>
public readonly struct Departure
{
    private readonly ITransportCipher? _cipher;
    private readonly ulong _counter;

    /// <summary>A message that is complete.</summary>
    internal Departure(Peer? peer, int length, in UdpEndPoint destination)
    {
        Peer = peer;
        Length = length;
        Destination = destination;
    }

    /// <summary>A packet behind its header, to be sealed with this key and counter.</summary>
    internal Departure(Peer peer, int length, EcnField ecn, ITransportCipher cipher, ulong counter)
        : this(peer, length, peer.EndPoint)
    {
        (Ecn, _cipher, _counter) = (ecn, cipher, counter);
    }

    /// <summary>Bytes of the datagram.</summary>
    public int Length { get; }

    /// <summary>Where it goes.</summary>
    public UdpEndPoint Destination { get; }

    /// <summary>For its IP header; if that cannot be set, routers drop where they could have marked, no more.</summary>
    public EcnField Ecn { get; }

    /// <summary>The peer that it is for; null if it is a cookie reply.</summary>
    public Peer? Peer { get; }

    /// <summary>
    /// Seals the packet in the datagram, once. If the session has ended meanwhile, nothing is left of it: the datagram is all zero,
    /// and no receiver takes it for anything.
    /// </summary>
    /// <param name="datagram">Where the device has put it; its first <see cref="Length"/> bytes.</param>
    public void Seal(Span<byte> datagram)
    {
        if (_cipher is null)
        {
            return;
        }

        datagram = datagram[..Length];
        try
        {
            var sealedBytes = datagram[TransportHeader.Size..];
            TransportKey.Seal(_cipher, _counter, sealedBytes[..^Aead.TagSize], sealedBytes);
        }
        catch (ObjectDisposedException)
        {
            datagram.Clear();
        }
        catch
        {
            datagram.Clear(); // Nobody is to see what could not be sealed
            throw;
        }
    }
}
