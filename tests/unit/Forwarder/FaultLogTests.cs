using Onetun.Forwarder.Hosting;
using Onetun.Tunnel;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class FaultLogTests
{
    private readonly TestLog _log = new();

    [Fact]
    public void Fault_is_logged_once_however_often_it_is_met()
    {
        var faults = new FaultLog(_log);
        for (var i = 0; i < 3; i++)
        {
            faults.Write(new TunnelFault($"connection {i}", Thrown("text")));
        }

        faults.Write(new TunnelFault("another", new InvalidOperationException()));
        Assert.Equal(2, _log.Lines.Count());
    }

    [Fact]
    public void Log_has_where_it_was_and_the_way_to_it_but_nothing_that_was_received()
    {
        new FaultLog(_log).Write(new TunnelFault("TCP 10.0.0.1:80 in Established", Thrown("GET /secret")));

        var line = Assert.Single(_log.Lines);
        Assert.Contains("TCP 10.0.0.1:80 in Established", line);
        Assert.Contains("System.FormatException", line);
        Assert.Contains(nameof(Thrown), line);
        Assert.DoesNotContain("secret", line);
    }

    private static FormatException Thrown(string message)
    {
        try
        {
            throw new FormatException(message);
        }
        catch (FormatException error)
        {
            return error;
        }
    }
}
