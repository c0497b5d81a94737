using Greetings;

switch (args)
{
    case ["serve", var path]:                                        // dotnet run --project samples/Grpc -- serve wg0.conf
        await Server.RunAsync(path);
        return 0;
    case ["greet", var path, var host, var name]:                    // … -- greet wg1.conf 192.168.4.3 Ada
        await Client.RunAsync(path, host, name);
        return 0;
    case []:
        await Demo.RunAsync();
        return 0;
    default:
        Console.Error.WriteLine("usage: Grpc [serve wg0.conf | greet wg0.conf ADDRESS NAME]");
        return 2;
}
