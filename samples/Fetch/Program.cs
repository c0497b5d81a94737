using Onetun.Extensions.Http;
using Onetun.Tunnel;

// dotnet run --project samples/Fetch -- wg0.conf http://192.168.4.1:8080/
using var file = WgQuickConfiguration.Load(args[0]);                 // a wg-quick file, as it is
await using var tunnel = await WireGuardTunnel.StartAsync(file.ToOptions());
using var http = new HttpClient(tunnel.CreateHttpHandler());         // names are looked up in the network
Console.WriteLine(await http.GetStringAsync(new Uri(args[1])));
