using Onetun.Forwarder.Common;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class WrappedTextTests
{
    [Theory]
    [InlineData("", 5, "")]
    [InlineData("one two three", 7, "one two|three")]
    [InlineData("one two three", 6, "one|two|three")]
    [InlineData("uninterrupted a b", 3, "uninterrupted|a b")]
    public void Text_is_broken_at_blanks(string text, int width, string lines) =>
        Assert.Equal(lines, string.Join('|', WrappedText.Of(text, width)));
}
