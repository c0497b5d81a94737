using System.CommandLine;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Commands;

/// <summary><c>genkey</c>, <c>pubkey</c> and <c>genpsk</c>, which do what wg's do.</summary>
internal static class KeyCommands
{
    public static IEnumerable<Command> Create(TextReader input)
    {
        yield return Make("genkey", "Makes a private key.", line =>
        {
            using var key = PrivateKey.Generate();
            line.InvocationConfiguration.Output.WriteLine(key.ToBase64());
            return ExitCode.Success;
        });
        yield return Make("pubkey", "Reads a private key and writes its public key.", line => WritePublic(line, input));
        yield return Make("genpsk", "Makes a preshared key.", line =>
        {
            using var key = PresharedKey.Generate();
            line.InvocationConfiguration.Output.WriteLine(key.ToBase64());
            return ExitCode.Success;
        });
    }

    private static Command Make(string name, string description, Func<ParseResult, int> action)
    {
        var command = new Command(name, description);
        command.SetAction(action);
        return command;
    }

    private static int WritePublic(ParseResult line, TextReader input)
    {
        var text = input.ReadToEnd().Trim();
        if (!PrivateKey.TryParse(text, out var key))
        {
            const string message = "Error: Key is not the correct length or format";
            line.InvocationConfiguration.Error.WriteLine($"{message}: {KeyFault.Describe(text)}");
            return ExitCode.Failure;
        }

        using (key)
        {
            line.InvocationConfiguration.Output.WriteLine(key.PublicKey);
        }

        return ExitCode.Success;
    }
}
