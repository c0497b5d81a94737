using System.Net;
using Onetun.Tunnel;
using UdpEcho;

// dotnet run --project samples/UdpEcho -- wg0.conf 9000
if (args is [var path, var text] && ushort.TryParse(text, out var number))
{
    using var file = WgQuickConfiguration.Load(path);
    await using var tunnel = await WireGuardTunnel.StartAsync(file.ToOptions());
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
    return 0;
}

if (args is [])
{
    await Demo.RunAsync();
    return 0;
}

Console.Error.WriteLine("usage: UdpEcho [wg0.conf PORT]");
return 2;
