using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Demo;
using Onetun.Forwarder.Hosting;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Text;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class UnixForwardTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("onetun").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Socket => Path.Combine(_directory, "page.sock");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("unix:/run/db.sock:192.168.4.2:5432", "/run/db.sock", 5432)]
    [InlineData("unix:./db.sock:192.168.4.2:5432:tcp", "./db.sock", 5432)]
    public async Task A_path_takes_the_place_of_the_source(string text, string path, int port)
    {
        var (configuration, _) = await new TestMachine().ReadCompleteAsync(text);
        var forward = Assert.Single(configuration!.Forwards);
        Assert.Equal((path, $"192.168.4.2:{port}"), (forward.Source.ToString(), forward.Destination.ToString()));
        Assert.Equal(new UnixDomainSocketEndPoint(path), forward.Source);
    }

    [Theory]
    [InlineData("unix:/run/db.sock:192.168.4.2:53:UDP", "A Unix-domain socket carries only TCP")]
    [InlineData("unix::192.168.4.2:80", "Invalid source address: the path of the socket is missing\n")]
    [InlineData("unix:/run/db.sock:80", "Invalid destination address: '80'")]
    public async Task What_a_path_cannot_be_is_refused(string text, string message)
    {
        var (_, faults) = await new TestMachine().ReadCompleteAsync(text, "8080:192.168.4.2:80");
        Assert.StartsWith($"Failed to parse port forward config: {message}".ReplaceLineEndings(), Assert.Single(faults).Message);
    }

    [Fact]
    public async Task A_path_whose_directory_is_missing_is_refused_with_its_name()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The directory would be on a drive.");
        var (configuration, _) = await new TestMachine().ReadCompleteAsync("unix:/nonexistent/s:192.168.4.2:80");
        var (_, faults) = await Gateway.StartAsync(configuration!, NullLoggerFactory.Instance, new Machine());
        Assert.EndsWith(": there is no directory /nonexistent", Assert.Single(faults).Message);
    }

    [Fact]
    public async Task A_path_that_is_too_long_is_refused()
    {
        var (_, faults) = await new TestMachine().ReadCompleteAsync($"unix:/{new string('x', 200)}:192.168.4.2:80");
        Assert.StartsWith("Invalid source address: the path is too long for a Unix-domain socket", Assert.Single(faults).Message);
    }

    [Fact]
    public async Task A_host_may_be_called_unix()
    {
        var machine = new TestMachine();
        machine.Names["unix"] = ["127.0.0.2"];
        var (configuration, _) = await machine.ReadCompleteAsync("unix:8080:192.168.4.2:80");
        Assert.Equal("127.0.0.2:8080", configuration!.Forwards[0].Source.ToString());
    }

    [Fact]
    public async Task A_page_behind_the_peer_is_fetched_from_the_socket_whose_file_ends_with_the_forward()
    {
        await using (var demo = await DemoGateway.StartAsync(source: new UnixDomainSocketEndPoint(Socket)))
        {
            var page = await DemoGateway.ExchangeAsync(demo.Gateway.Sources[0], Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n"));
            Assert.Contains("<html", page);
            Assert.True(File.Exists(Socket));
        }

        Assert.False(File.Exists(Socket));
    }

    [Fact]
    public async Task A_file_that_a_dead_process_left_is_replaced()
    {
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(Path.Combine(_directory, "dead")));
            dead.Listen();
            // Under another name it stays behind
            File.Move(Path.Combine(_directory, "dead"), Socket);
        }

        Assert.True(File.Exists(Socket));
        await using var forward = Bind();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(forward.Source, Cancellation);
    }

    [Fact]
    public async Task A_socket_on_which_somebody_listens_is_left_alone()
    {
        await using var first = Bind();
        var error = Assert.Throws<SocketException>(Bind);
        Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketErrorCode);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(first.Source, Cancellation);
    }

    [Fact]
    public void A_file_that_is_not_a_socket_is_left_alone()
    {
        File.WriteAllText(Socket, "precious");
        Assert.Throws<SocketException>(Bind);
        Assert.Equal("precious", File.ReadAllText(Socket));
    }

    [Fact]
    public void A_FIFO_is_left_alone_and_nobody_waits_for_its_other_end()
    {
        MakeFifo(Socket);
        Assert.Throws<SocketException>(Bind);
        Assert.True(File.Exists(Socket));
    }

    [Fact]
    public void A_file_whose_other_end_does_not_come_is_a_fault()
    {
        MakeFifo(Socket);
        var machine = new Machine { Patience = TimeSpan.FromMilliseconds(1) };
        Assert.False(machine.TryReadFile(Socket, out _, out var reason));
        Assert.Equal($"nobody opened the other end of {SafeText.Of(Socket)} within 0 s", reason);
        // Whoever opened it goes on
        using var other = new FileStream(Socket, FileMode.Open, FileAccess.ReadWrite);
    }

    private static void MakeFifo(string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no FIFOs");
        using var mkfifo = System.Diagnostics.Process.Start("mkfifo", path);
        mkfifo.WaitForExit();
    }

    private TcpForward Bind() =>
        new(new UnixDomainSocketEndPoint(Socket), DemoPeer.Page, new TcpLimits(), NullLogger.Instance);
}
