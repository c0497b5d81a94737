using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel;
using UdpEcho;

// dotnet run --project samples/UdpEcho -- wg0.conf 9000
static async Task EchoAsync(string path, ushort number)
{
    using var file = WgQuickConfiguration.Load(path);
    await using var tunnel = await WireGuardTunnel.StartAsync(file.ToOptions());
    Console.WriteLine("Waiting for the handshake");
    await tunnel.WaitForHandshakeAsync();                            // now the peer knows where we are; PersistentKeepalive keeps it so
    await using var port = tunnel.BindUdp(new IPEndPoint(IPAddress.Any, number));    // all our addresses, of IPv6 too
    Console.WriteLine($"Echoing on {port.LocalEndPoint}; Ctrl-C ends it");

    using var stop = new CancellationTokenSource();
    Console.CancelKeyPress += (_, key) =>
    {
        key.Cancel = true;
        stop.Cancel();
    };
    await Echo.RunAsync(port, stop.Token);
}

try
{
    switch (args)
    {
        case []:
            await Demo.RunAsync();
            return 0;
        case [var path, var text] when ushort.TryParse(text, out var number):
            await EchoAsync(path, number);
            return 0;
        default:
            await Console.Error.WriteLineAsync("usage: UdpEcho [wg0.conf PORT]");
            return 2;
    }
}
catch (Exception error) when (error is IOException or UnauthorizedAccessException or WgQuickException or SocketException)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}
