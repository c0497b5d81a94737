using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Onetun.AspNetCore;
using Onetun.Tunnel;

namespace Onetun.Interop;

/// <summary>Kestrel inside the network, and curl in the container.</summary>
[Collection(nameof(PlainPeer))]
public sealed class KestrelTests : InteropTest, IAsyncLifetime
{
    private const string Curl = "curl --silent --show-error --fail --max-time 60";

    private readonly X509Certificate2 _certificate = WebParts.NewCertificate();
    private WebApplication _application = null!;

    public KestrelTests(PlainPeer peer, ITestOutputHelper output)
        : base(peer, output)
    {
    }

    public async ValueTask InitializeAsync()
    {
        var file = new ConfigurationFile(Peer);
        await file.WriteAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddWireGuardTunnel("peer").FromWgQuickFile(file.Path);
        builder.Services.AddAuthorization();
        builder.Services.AddAuthentication().AddTunnelPeer();
        builder.WebHost.UseTunnelTransport().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.ListenTunnel("peer", 80);
            kestrel.ListenTunnel("peer", 443, listen => listen.UseHttps(_certificate));
        });
        _application = builder.Build();
        _application.UseWebSockets();
        _application.MapGet("/who", (HttpRequest request, ClaimsPrincipal user) =>
            $"{request.Protocol} {user.FindFirstValue(ClaimTypes.NameIdentifier)}").RequireAuthorization();
        _application.MapGet("/bytes", context => context.Response.Body.WriteAsync(new byte[10_000_000]).AsTask());
        _application.MapPost("/hash", async (Stream body) => Convert.ToHexStringLower(await SHA256.HashDataAsync(body)));
        _application.MapGet("/echo", WebParts.EchoSocketAsync);
        await _application.StartAsync(Cancellation);
        await _application.Services.GetRequiredKeyedService<WireGuardTunnel>("peer").WaitForHandshakeAsync(cancellationToken: Cancellation);
    }

    public override async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _certificate.Dispose();
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData("http://10.99.0.2", "--http1.1", "HTTP/1.1")]
    [InlineData("https://10.99.0.2", "--http1.1 --insecure", "HTTP/1.1")]
    [InlineData("https://10.99.0.2", "--http2 --insecure", "HTTP/2")]
    public async Task Curl_is_known_by_its_peers_key_and_has_large_bodies_whole(string site, string options, string protocol)
    {
        Assert.Equal($"{protocol} {Peer.PublicKey}", await Peer.RunAsync($"{Curl} {options} {site}/who"));
        Assert.Equal("10000000", (await Peer.RunAsync($"{Curl} {options} {site}/bytes | wc -c")).Trim());
        Assert.Equal(
            await Peer.RunAsync("sha256sum </srv/www/100mb | head -c 64"),
            await Peer.RunAsync($"{Curl} {options} --request POST --upload-file /srv/www/100mb {site}/hash"));
    }

    [Theory, InlineData("http://10.99.0.2", ""), InlineData("https://10.99.0.2", "--insecure")]
    public async Task A_WebSocket_is_opened_and_echoes(string site, string options)
    {
        // RFC 6455 §5.7: a text frame of "Hello", masked as a client's is, then §5.5.1: a close frame; the server's are not masked
        const string Said = @"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x82\x00\x00\x00\x00\x03\xe8";
        var heard = await Peer.RunAsync(
            $"printf '{Said}' | {Curl} {options} --http1.1 --include --request GET --data-binary @- --header 'Content-Length:' --header 'Content-Type:' "
            + "--header 'Connection: Upgrade' --header 'Upgrade: websocket' --header 'Sec-WebSocket-Version: 13' "
            + $"--header 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' {site}/echo | od -An -v -t x1 | tr -d ' \\n'");

        var answer = Convert.FromHexString(heard);
        var headers = Encoding.ASCII.GetString(answer, 0, answer.AsSpan().IndexOf("\r\n\r\n"u8));
        Assert.StartsWith("HTTP/1.1 101 ", headers, StringComparison.Ordinal);
        Assert.Contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", headers, StringComparison.Ordinal);
        Assert.Equal("810548656c6c6f880203e8", Convert.ToHexStringLower(answer.AsSpan()[(headers.Length + 4)..]));
    }
}
