namespace Onetun.WireGuard;

/// <summary>
/// Which counters have been received, for the newest 8,128 (RFC 6479): a ring of bit blocks that is never shifted; a
/// block is cleared when the newest counter enters it.
/// </summary>
internal sealed class ReplayWindow
{
    /// <summary>A counter this far behind the newest is still accepted. One block of the ring is always being filled.</summary>
    public const ulong Size = (Blocks - 1) * BlockBits;

    private const int Blocks = 128;
    private const int BlockBits = 64;
    private const int BlockShift = 6;

    private readonly ulong[] _ring = new ulong[Blocks];
    private ulong _newest;

    /// <summary>Checks before anything is authenticated, and changes nothing.</summary>
    public bool Accepts(ulong counter)
    {
        if (counter >= Constants.RejectAfterMessages)
        {
            return false;
        }

        if (counter > _newest)
        {
            return true;
        }

        return _newest - counter <= Size && (_ring[Block(counter)] & Bit(counter)) == 0;
    }

    /// <summary>Marks the counter of an authenticated packet. False if it is too old or was there before.</summary>
    public bool TryAccept(ulong counter)
    {
        if (!Accepts(counter))
        {
            return false;
        }

        if (counter > _newest)
        {
            var entered = Math.Min((counter >> BlockShift) - (_newest >> BlockShift), Blocks);
            for (ulong i = 1; i <= entered; i++)
            {
                _ring[((_newest >> BlockShift) + i) % Blocks] = 0;
            }

            _newest = counter;
        }

        _ring[Block(counter)] |= Bit(counter);
        return true;
    }

    private static int Block(ulong counter) => (int)((counter >> BlockShift) % Blocks);

    private static ulong Bit(ulong counter) => 1UL << (int)(counter % BlockBits);
}
