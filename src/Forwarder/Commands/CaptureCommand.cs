using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using Onetun.Capture;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Commands;

/// <summary>Captures what passes a running process.</summary>
internal sealed class CaptureCommand(Machine machine)
{
    private const string Name = "capture";

    /// <summary>May be left out, if there is one process alone.</summary>
    private readonly Argument<string?> _process = new("PID") { Arity = ArgumentArity.ZeroOrOne };

    /// <summary>Standard output is - or nothing.</summary>
    private readonly Argument<string?> _file = new("FILE") { Arity = ArgumentArity.ZeroOrOne };

    private readonly Option<int> _seconds = new("--seconds")
    {
        Description = "Ends after so many seconds.",
        HelpName = "number",
        CustomParser = Number,
    };

    private readonly Option<int> _count = new("--count")
    {
        Description = "Ends after so many packets.",
        HelpName = "number",
        CustomParser = Number,
    };

    private readonly CaptureFlags _flags = new();

    public Command Create()
    {
        var command = new Command(Name, "Captures what passes a running process, for Wireshark.")
        {
            _process, _file, _seconds, _count,
        };
        foreach (var option in _flags.All)
        {
            command.Add(option);
        }

        command.SetAction(RunUntilSignalAsync);
        return command;
    }

    /// <summary>Runs to the end of the capture, or until told to stop.</summary>
    public async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var error = line.InvocationConfiguration.Error;
        var (first, second) = (line.GetValue(_process), line.GetValue(_file));
        var process = int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (int?)null;
        var path = (process is null ? first : second) ?? "-";
        if (process is null && second is not null)
        {
            return Refuse(error, FaultKind.Usage, $"'{first}' is not the number of a process");
        }

        if (path == "-" && StandardStreams.IsTerminal(line.InvocationConfiguration.Output))
        {
            return Refuse(error, FaultKind.Usage, "a capture is nothing to read on a terminal: name a file, or pipe it into 'wireshark -k -i -'");
        }

        if (_flags.FaultOf(line) is { } fault)
        {
            return Refuse(error, FaultKind.Usage, fault);
        }

        var isClassic = Path.GetExtension(path).Equals(".pcap", StringComparison.OrdinalIgnoreCase);
        var request = _flags.RequestOf(line, isClassic) with { MaxPackets = line.GetValue(_count) };
        var (client, refusal) = await CaptureClient.StartAsync(machine, process, request, stop).ConfigureAwait(false);
        if (client is null)
        {
            return Refuse(error, FaultKind.Configuration, refusal!);
        }

        using (client)
        {
            return await SaveAsync(line, client, path, stop).ConfigureAwait(false);
        }
    }

    private async Task<int> RunUntilSignalAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var signals = new StopSignals(ForwarderConfiguration.DefaultShutdown, ExitCode.Success);
        using var stopping = signals.Link(cancellationToken);
        return await RunAsync(line, stopping.Token).ConfigureAwait(false);
    }

    private async Task<int> SaveAsync(ParseResult line, CaptureClient client, string path, CancellationToken stop)
    {
        var error = line.InvocationConfiguration.Error;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (line.GetValue(_seconds) is > 0 and var seconds)
        {
            ending.CancelAfter(TimeSpan.FromSeconds(seconds));
        }

        try
        {
            var file = CaptureFile.Create(path);
            await using (file.ConfigureAwait(false))
            {
                var bytes = await client.CopyToAsync(file, ending.Token).ConfigureAwait(false);
                var name = path == "-" ? "standard output" : path;
                await error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes captured to {name}."))
                    .ConfigureAwait(false);
                return ExitCode.Success;
            }
        }
        catch (IOException broken) when (broken.HResult == Descriptor.BrokenPipe)
        {
            return ExitCode.Success; // Whoever read it wants no more
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Refuse(error, FaultKind.Configuration, $"Failed to write {path}: {failure.Message}");
        }
        catch (SocketException failure)
        {
            return Refuse(error, FaultKind.Configuration, $"The capture has ended: {failure.Message}");
        }
    }

    private static int Refuse(TextWriter error, FaultKind kind, string message) => FaultReport.Write(error, [new Fault(kind, message)], Name);

    private static int Number(System.CommandLine.Parsing.ArgumentResult given)
    {
        if (!int.TryParse(given.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
        {
            given.AddError($"'{given.Tokens[0].Value}' is not a number above 0");
        }

        return number;
    }
}
