using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class PortForwardTests
{
    [Theory]
    [InlineData("192.168.0.1:8080:192.168.4.1:8081:TCP,UDP", "192.168.0.1", 8080, "192.168.4.1", 8081, "Tcp, Udp")]
    [InlineData("192.168.0.1:8080:192.168.4.1:8081:TCP", "192.168.0.1", 8080, "192.168.4.1", 8081, "Tcp")]
    [InlineData("0.0.0.0:8080:192.168.4.1:8081", "0.0.0.0", 8080, "192.168.4.1", 8081, "Tcp")]
    [InlineData("[::1]:8080:192.168.4.1:8081", "::1", 8080, "192.168.4.1", 8081, "Tcp")]
    [InlineData("8080:192.168.4.1:8081", null, 8080, "192.168.4.1", 8081, "Tcp")]
    [InlineData("8080:192.168.4.1:8081:TCP", null, 8080, "192.168.4.1", 8081, "Tcp")]
    [InlineData("localhost:8080:192.168.4.1:8081", "localhost", 8080, "192.168.4.1", 8081, "Tcp")]
    [InlineData("localhost:8080:localhost:8081:TCP", "localhost", 8080, "localhost", 8081, "Tcp")]
    [InlineData("8080:[fd00::1]:8081", null, 8080, "fd00::1", 8081, "Tcp")]
    [InlineData("[::1]:8080:[fd00::1]:80:udp,tcp", "::1", 8080, "fd00::1", 80, "Tcp, Udp")]
    [InlineData("8080:localhost:8081:UDP", null, 8080, "localhost", 8081, "Udp")]
    [InlineData("8080:google.com:80", null, 8080, "google.com", 80, "Tcp")]
    [InlineData("0:peer_1.intranet:65535", null, 0, "peer_1.intranet", 65535, "Tcp")]
    [InlineData("3d:1:0a:2:TCP,TCP", "3d", 1, "0a", 2, "Tcp")]
    public void Every_form_of_the_original_is_read(
        string text, string? sourceHost, int sourcePort, string destinationHost, int destinationPort, string protocols)
    {
        Assert.True(PortForward.TryParse(text, out var forward, out _));
        var expected = new PortForward(sourceHost, sourcePort, destinationHost, destinationPort, Enum.Parse<Protocols>(protocols));
        Assert.Equal(expected, forward);
    }

    [Theory]
    // The original ignores what follows
    [InlineData("8080:h:80:TCP;x", "Invalid protocol specifier: TCP;x", "          ^^^^^")]
    [InlineData("8080:h:80:99", "Invalid protocol specifier: 99", "          ^^")]
    [InlineData("8080:h:80:TCP:UDP", "Unexpected text after the port forward", "             ^^^^")]
    [InlineData("8080:h:80:", "Invalid protocol specifier: ", "          ^")]
    [InlineData("8080:h:80:TCP,", "Invalid protocol specifier: ", "              ^")]
    [InlineData("8080:h:80:TCP,SCTP", "Invalid protocol specifier: SCTP", "              ^^^^")]
    // The original says "source" of either port
    [InlineData("8080:h:99999", "Invalid destination port: '99999' is not a number from 1 to 65535", "       ^^^^^")]
    [InlineData("8080:h:0", "Invalid destination port: '0' is not a number from 1 to 65535", "       ^")]
    [InlineData("8080:h:80 ", "Invalid destination port: '80 ' is not a number from 1 to 65535", "       ^^^")]
    [InlineData("8080:h:+80", "Invalid destination port: '+80' is not a number from 1 to 65535", "       ^^^")]
    [InlineData("8080:h", "Invalid destination port: it is missing", "      ^")]
    [InlineData("65536:h:80", "Invalid source port: '65536' is not a number from 0 to 65535", "^^^^^")]
    [InlineData("127.0.0.1:h:80", "Invalid source port: 'h' is not a number from 0 to 65535", "          ^")]
    [InlineData("99999999999999999999:h:80", "Invalid source port: '99999999999999999999' is not a number from 0 to 65535", "^^^^^^^^^^^^^^^^^^^^")]
    [InlineData("8080:8081:80", "Invalid destination address: '8081'", "     ^^^^")]
    [InlineData("bogus", "'bogus' is not a port forward, such as 8080:192.168.4.2:8080", "^^^^^")]
    [InlineData("8080", "Invalid destination address: it is missing", "    ^")]
    [InlineData("8080:[fd00::1:80", "The bracket is not closed", "     ^^^^^^^^^^^")]
    [InlineData("8080:[10.0.0.1]:80", "Invalid destination address: '[10.0.0.1]'", "     ^^^^^^^^^^")]
    [InlineData("8080:[]:80", "Invalid destination address: '[]'", "     ^^")]
    [InlineData("[::1]x:8080:h:80", "Invalid source address: '[::1]x'", "^^^^^^")]
    [InlineData(" 127.0.0.1:8080:h:80", "Invalid source address: ' 127.0.0.1'", "^^^^^^^^^^")]
    [InlineData("", "Invalid source address: it is missing", "^")]
    [InlineData(":8080:h:80", "Invalid source address: it is missing", "^")]
    public void What_is_wrong_is_named_and_underlined(string text, string message, string carets)
    {
        Assert.False(PortForward.TryParse(text, out _, out var error));
        Assert.Equal(message, error.Message);
        Assert.Equal($"{error.Message}{Environment.NewLine}  {text}{Environment.NewLine}  {carets}", error.Explain(text));
    }

    [Theory]
    [InlineData("::1:8080:192.168.4.1:8081")]
    [InlineData("8080:fd00::1:80")]
    [InlineData("8080:fd00:0:0:0:0:0:0:1:80")]
    public void An_IPv6_address_without_brackets_is_told_to_take_them(string text)
    {
        Assert.False(PortForward.TryParse(text, out _, out var error));
        Assert.Contains("an IPv6 address needs brackets, as in [::1]:8080:", error.Message);
    }

    [Fact]
    public void Chance_texts_are_read_or_refused_and_never_throw()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(14)).Select(_ => "1a:[],T.: "[random.Next(10)]));
            if (!PortForward.TryParse(text, out _, out var error))
            {
                Assert.InRange(error.Position + error.Length, 0, text.Length);
            }
        }
    }
}
