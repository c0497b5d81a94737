namespace Onetun.NetStack.Tests;

/// <summary>Which segment the peer's window is taken from, by itself; on the wire it is in <see cref="SendWindowTests"/>.</summary>
public sealed class SendWindowStateTests
{
    private SendWindow _window = new();

    public SendWindowStateTests() => _window.Update(position: 100, ack: 50, size: 1000, una: 0);

    [Theory]
    [InlineData(101, 50, true)] // A higher number
    [InlineData(100, 50, true)]
    [InlineData(100, 49, false)]
    [InlineData(99, 50, false)]
    [InlineData(99, 51, true)] // A lower one that acknowledges more: text that was retransmitted
    public void Newest_segment_tells(long position, long ack, bool heard)
    {
        Assert.Equal(heard, _window.Update(position, ack, size: 2000, una: 50));
        Assert.Equal(heard ? 2000 : 1000, _window.Size);
    }

    [Fact]
    public void Update_that_changes_nothing_is_no_change() => Assert.False(_window.Update(position: 101, ack: 50, size: 1000, una: 50));

    [Fact]
    public void Sequence_number_of_the_update_never_goes_back()
    {
        _window.Update(position: 99, ack: 60, size: 2000, una: 50);
        Assert.False(_window.Update(position: 99, ack: 60, size: 3000, una: 60));
    }

    [Theory]
    [InlineData(1000, 499, true)]
    [InlineData(1000, 500, false)] // Half of what it was
    [InlineData(400, 400, false)] // All that is to be sent
    public void Silly_window_is_less_than_half_of_the_largest_one(long length, long usable, bool silly)
    {
        _window.Update(position: 101, ack: 50, size: 10, una: 50);
        Assert.Equal(silly, _window.IsSilly(length, usable));
    }

    [Fact]
    public void Acknowledgments_are_believed_as_far_back_as_the_largest_window()
    {
        Assert.Equal(65535, _window.Reach);
        _window.Update(position: 101, ack: 50, size: 100_000, una: 50);
        _window.Update(position: 102, ack: 50, size: 10, una: 50);
        Assert.Equal(100_000, _window.Reach);
    }
}
