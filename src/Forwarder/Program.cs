using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Configuration;

return await new CommandLine(new Machine(), Console.In, Console.Out, Console.Error).RunAsync(args)
    .ConfigureAwait(false);
