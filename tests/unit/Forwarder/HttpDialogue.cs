using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Proxies;
using Onetun.NetStack;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>What clients of the HTTP proxy and two servers in its tunnel say to each other.</summary>
public abstract class HttpDialogue : IAsyncLifetime
{
    private protected const string Get = "GET http://192.168.4.2/ HTTP/1.1\r\n\r\n";
    private protected const string Hi = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    private protected const string Ho = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nho";

    private protected static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private protected readonly FakeTimeProvider _time = new();
    private TunnelPair _pair = null!;
    private protected Proxy _proxy = null!;
    private protected SocketListener<TcpSocket> _listener = null!;
    private protected SocketListener<TcpSocket> _other = null!;

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _pair = await TunnelPair.StartAsync();
        _listener = _pair.Theirs.ListenTcp(80);
        _other = _pair.Theirs.ListenTcp(81);
        _proxy = Start(null);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _listener.DisposeAsync();
        await _other.DisposeAsync();
        await _pair.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected Proxy Start(ProxyCredentials? credentials)
    {
        var proxy = new Proxy(
            new IPEndPoint(IPAddress.Loopback, 0),
            [new HttpProxy(credentials)],
            new TcpLimits(),
            new UdpLimits(),
            NullLogger.Instance,
            _time);
        proxy.Start(_pair.Dialer);
        return proxy;
    }

    private protected async Task<NetworkStream> ConnectAsync(Proxy? proxy = null)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync((proxy ?? _proxy).Source, Cancellation);
        return new NetworkStream(client, ownsSocket: true);
    }

    private protected static async Task<TcpSocket> AcceptAsync(SocketListener<TcpSocket> listener) =>
        await listener.AcceptOneAsync(Cancellation).WaitAsync(Deadline, Cancellation);

    private protected static async Task SendAsync(NetworkStream client, string text) =>
        await client.WriteAsync(Encoding.Latin1.GetBytes(text), Cancellation);

    private protected static async Task WriteAsync(TcpSocket server, string text) =>
        await server.Output.WriteAsync(Encoding.Latin1.GetBytes(text), Cancellation);

    /// <summary>Reads the head of a request and answers it; what was read.</summary>
    private protected static async Task<string> AnswerAsync(TcpSocket server, string response)
    {
        var head = await ReadAsync(server.AsStream(), "\r\n\r\n");
        await WriteAsync(server, response);
        return head;
    }

    /// <summary>Reads up to a text that ends what is expected.</summary>
    private protected static async Task<string> ReadAsync(Stream stream, string end)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(one, Cancellation).AsTask().WaitAsync(Deadline, Cancellation);
            Assert.True(count > 0, $"ended behind \"{text}\"");
            text.Append((char)one[0]);
        }

        return text.ToString();
    }

    private protected static async Task<string> ReadToEndAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
        return await reader.ReadToEndAsync(Cancellation).WaitAsync(Deadline, Cancellation);
    }
}
