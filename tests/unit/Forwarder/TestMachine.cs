using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Tests;

/// <summary>A machine with the variables, files and names that a test gives it, and no others.</summary>
internal sealed class TestMachine
{
    public const string PrivateKey = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
    public const string PublicKey = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";
    public const string EndpointKey = "HzgTY6aWXtuSyW/PUquZtg8LB/DyMwEXGkPiEmdSsUU=";

    public const string OtherKey = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";

    public Dictionary<string, string> Variables { get; } = [];

    public Dictionary<string, string> Files { get; } = [];

    public UnixFileMode? FileMode { get; set; } = UnixFileMode.UserRead;

    public Dictionary<string, string[]> Names { get; } = new() { ["localhost"] = ["127.0.0.1", "::1"] };

    public bool CanMark { get; set; } = true;

    /// <summary>Names that no resolver answers for.</summary>
    public HashSet<string> Unanswered { get; } = [];

    public Machine Machine => new()
    {
        Variable = name => Variables.GetValueOrDefault(name),
        Variables = () => Variables.Keys,
        ReadFile = path => Files.TryGetValue(path, out var text) ? text : throw new FileNotFoundException($"Could not find file '{path}'."),
        FileExists = Files.ContainsKey,
        FileMode = _ => FileMode,
        IsRoot = false,
        CanMark = () => CanMark,
        TemporaryDirectory = Path.Combine(AppContext.BaseDirectory, "none"),
        Resolve = (name, _) => Names.TryGetValue(name, out var addresses)
            ? Task.FromResult(addresses.Select(IPAddress.Parse).ToArray())
            : Task.FromException<IPAddress[]>(
                new SocketException((int)(Unanswered.Contains(name) ? SocketError.TryAgain : SocketError.HostNotFound))),
    };

    /// <summary>Reads a command line that lacks nothing, with the arguments given added or in place of its own.</summary>
    public Task<(ForwarderConfiguration? Configuration, IReadOnlyList<Fault> Faults)> ReadCompleteAsync(params string[] arguments)
    {
        string[] complete =
        [
            "--private-key", PrivateKey, "--endpoint-public-key", EndpointKey,
            "--endpoint-addr", "140.30.3.182:51820", "--source-peer-ip", "192.168.4.3",
        ];
        var line = new List<string>();
        for (var i = 0; i < complete.Length; i += 2)
        {
            if (!arguments.Contains(complete[i]))
            {
                line.AddRange(complete[i..(i + 2)]);
            }
        }

        if (!arguments.Any(argument => argument.Contains(":192.168.", StringComparison.Ordinal) || argument.StartsWith("8080:", StringComparison.Ordinal)))
        {
            line.Add("127.0.0.1:8080:192.168.4.2:8080");
        }

        return ReadAsync([.. line, .. arguments]);
    }

    /// <summary>Reads a command line as it is.</summary>
    public Task<(ForwarderConfiguration? Configuration, IReadOnlyList<Fault> Faults)> ReadAsync(params string[] arguments) =>
        ConfigurationReader.ReadAsync(Parse(arguments), Machine);

    /// <summary>Reads a command line that has no fault.</summary>
    public async Task<ForwarderConfiguration> ReadValidAsync(params string[] arguments)
    {
        var (configuration, faults) = await ReadAsync(arguments);
        Xunit.Assert.Empty(faults);
        return Xunit.Assert.IsType<ForwarderConfiguration>(configuration);
    }

    /// <summary>What a command line says.</summary>
    public Settings Parse(params string[] arguments)
    {
        var flags = new ForwardFlags();
        var command = new RootCommand();
        flags.AddTo(command);
        var line = command.Parse(arguments);
        Xunit.Assert.Empty(line.Errors);
        return SettingsReader.Read(line, flags, Machine);
    }
}
