using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Wireshark;

namespace Onetun.Forwarder.Commands;

/// <summary>Captures what passes a running process.</summary>
internal sealed class CaptureCommand(Machine machine)
{
    private const string Name = "capture";

    private readonly Argument<string?> _process = new("PID")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "The process; it may be left out if this user runs no other.",
    };

    private readonly Argument<string?> _file = new("FILE")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "Where the capture goes, a classic one if it ends in .pcap; - or nothing is standard output.",
    };

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
        // A terminal that closes ends a capture too, which then still gets its end
        using var hangup = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            signals.Stop("SIGHUP");
        });
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
            var file = CapturePipe.Open(path, machine.Patience);
            await using (file.ConfigureAwait(false))
            {
                var bytes = await file.TakeAsync(client, ending.Token).ConfigureAwait(false);
                var name = path == "-" ? "standard output" : path;
                var lost = client.Dropped is > 0 and var dropped
                    ? string.Create(CultureInfo.InvariantCulture, $" {dropped:N0} packets are missing: they came faster than they were written.")
                    : "";
                await error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes captured to {name}.{lost}"))
                    .ConfigureAwait(false);
                return ExitCode.Success;
            }
        }
        catch (IOException broken) when (CapturePipe.IsBroken(broken))
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
            given.AddError($"'{given.Tokens[0].Value}' is not a whole number from 1 to {int.MaxValue}");
        }

        return number;
    }
}
