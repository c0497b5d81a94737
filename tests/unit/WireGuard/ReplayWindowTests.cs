using System.Text.Json;
using CsCheck;

namespace Onetun.WireGuard.Tests;

/// <summary>RFC 6479's window, on the sequences of the kernel's and Go's tests, and against a plain set.</summary>
public sealed class ReplayWindowTests
{
    private const ulong Size = ReplayWindow.Size;
    private const ulong L = Size + 1;
    private const ulong Reject = Constants.RejectAfterMessages;

    private readonly ReplayWindow _window = new();

    [Fact]
    public void Usable_window_is_8128_counters()
    {
        Assert.Equal(8128UL, Size);
    }

    [Fact]
    public void Known_sequence_is_accepted_and_rejected_step_by_step()
    {
        (ulong Counter, bool IsAccepted)[] steps =
        [
            (0, true), (1, true), (1, false), (9, true), (8, true), (7, true), (7, false), (L, true), (L - 1, true),
            (L - 1, false), (L - 2, true), (2, true), (2, false), (L + 16, true), (3, false), (L + 16, false),
            (4 * L, true), ((4 * L) - (L - 1), true), (10, false), ((4 * L) - L, false), ((4 * L) - (L + 1), false),
            ((4 * L) - (L - 2), true), ((4 * L) + 1 - L, false), (0, false), (Reject, false), (Reject - 1, true),
            (Reject, false), (Reject - 1, false), (Reject - 2, true), (Reject + 1, false), (Reject + 2, false),
            (Reject - 2, false), (Reject - 3, true), (0, false),
        ];
        Assert.All(steps, step => Assert.Equal(step.IsAccepted, _window.TryAccept(step.Counter)));
    }

    [Fact]
    public void Shared_sequence_is_accepted_and_rejected_step_by_step()
    {
        var steps = SharedVectors.Load("wireguard_derived_kat.json").GetProperty("replay_8128_window").GetProperty("steps");
        Assert.All(
            steps.EnumerateArray(),
            step => Assert.Equal(
                step[1].GetBoolean(),
                _window.TryAccept(ulong.Parse(step[0].GetString()!, System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Fact]
    public void Bulk_1_oldest_counter_is_just_inside()
    {
        AcceptAll(1, Size);
        Assert.True(_window.TryAccept(0));
        Assert.False(_window.TryAccept(0));
    }

    [Fact]
    public void Bulk_2_window_moves_by_one()
    {
        AcceptAll(2, Size + 1);
        Assert.True(_window.TryAccept(1));
        Assert.False(_window.TryAccept(0));
    }

    [Fact]
    public void Bulk_3_counters_arrive_backwards()
    {
        AcceptAll(Size + 1, 1);
    }

    [Fact]
    public void Bulk_4_backwards_and_one_too_old()
    {
        AcceptAll(Size + 2, 2);
        Assert.False(_window.TryAccept(0));
    }

    [Fact]
    public void Bulk_5_backwards_then_a_newer_one_pushes_the_oldest_out()
    {
        AcceptAll(Size, 1);
        Assert.True(_window.TryAccept(Size + 1));
        Assert.False(_window.TryAccept(0));
    }

    [Fact]
    public void Bulk_6_backwards_to_the_oldest_and_then_a_newer_one()
    {
        AcceptAll(Size, 1);
        Assert.True(_window.TryAccept(0));
        Assert.True(_window.TryAccept(Size + 1));
    }

    [Fact]
    public void Looking_changes_nothing()
    {
        Assert.True(_window.Accepts(100_000));
        Assert.True(_window.TryAccept(3));
        Assert.False(_window.Accepts(3));
    }

    [Fact]
    public void Any_sequence_is_judged_as_a_set_of_all_counters_would()
    {
        // Steps of every size that matters to a ring of 64-bit blocks, both ways.
        var step = Gen.OneOf(Gen.Long[-70, 70], Gen.Long[-8300, 8300], Gen.Long[-20_000, 20_000]);
        step.Array[1, 400].Sample(steps =>
        {
            var window = new ReplayWindow();
            var seen = new HashSet<long>();
            long newest = 0;
            long counter = 0;
            foreach (var move in steps)
            {
                counter = Math.Max(0, counter + move);
                var isExpected = newest - counter <= (long)Size && seen.Add(counter);
                Assert.Equal(isExpected, window.TryAccept((ulong)counter));
                newest = Math.Max(newest, counter);
            }
        });
    }

    private void AcceptAll(ulong first, ulong last)
    {
        for (var counter = first; counter != last; counter = first < last ? counter + 1 : counter - 1)
        {
            Assert.True(_window.TryAccept(counter));
        }

        Assert.True(_window.TryAccept(last));
    }
}
