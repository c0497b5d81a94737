namespace Onetun.WireGuard.Tests;

/// <summary>Sealing and opening at once, which the device leaves to <see cref="Departure"/> and <see cref="Arrival"/>.</summary>
internal static class Sealing
{
    public static void Seal(this Session session, Span<byte> message, int length)
    {
        var cipher = session.Begin(message, out var counter);
        var sealedBytes = message.Slice(TransportHeader.Size, length + Aead.TagSize);
        TransportKey.Seal(cipher, counter, sealedBytes[..length], sealedBytes);
    }

    public static void Seal(this TransportKey key, ulong counter, ReadOnlySpan<byte> plaintext, Span<byte> sealedBytes) =>
        TransportKey.Seal(key.Use(), counter, plaintext, sealedBytes);

    public static bool TryOpen(this Session session, ulong counter, Span<byte> sealedBytes)
    {
        byte[] datagram = [.. new byte[TransportHeader.Size], .. sealedBytes];
        var arrival = session.Find(TimeSpan.Zero, counter);
        arrival.Open(datagram);
        datagram.AsSpan(TransportHeader.Size).CopyTo(sealedBytes);
        return arrival.Outcome == DatagramOutcome.Packet && session.TryAccept(counter);
    }

    public static bool TryOpen(this TransportKey key, ulong counter, ReadOnlySpan<byte> sealedBytes, Span<byte> plaintext) =>
        TransportKey.TryOpen(key.Use(), counter, sealedBytes, plaintext);
}
