using System.Net.Sockets;
using Greetings;
using Grpc.Core;
using Onetun.Tunnel;

try
{
    switch (args)
    {
        case ["serve", var path]:                        // dotnet run --project samples/Grpc -- serve wg0.conf
            await Server.RunAsync(path);
            return 0;
        case ["greet", var path, var host, var name]       // … -- greet wg1.conf 192.168.4.3 Ada
            when Uri.CheckHostName(host) != UriHostNameType.Unknown:
            await Client.RunAsync(path, host, name);
            return 0;
        case []:
            await Demo.RunAsync();
            return 0;
        default:
            await Console.Error.WriteLineAsync("usage: Grpc [serve wg0.conf | greet wg0.conf ADDRESS NAME]");
            return 2;
    }
}
catch (RpcException error)
{
    await Console.Error.WriteLineAsync(error.Status.DebugException?.Message ?? error.Status.Detail);
    return 1;
}
catch (Exception error) when (error is IOException or UnauthorizedAccessException or WgQuickException or SocketException)
{
    await Console.Error.WriteLineAsync(error.Message);
    return 1;
}
