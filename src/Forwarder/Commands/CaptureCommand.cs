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

    private readonly Option<string?> _filter = new("--filter")
    {
        Description = "Which packets, in tcpdump's words: 'host 10.0.0.2 and tcp port 80'.",
        HelpName = "filter",
    };

    private readonly Option<CaptureLayers> _layers = new("--layers")
    {
        Description = "Packets inside the tunnel, WireGuard's datagrams outside it, or both.",
        HelpName = ChoiceReader.Names<CaptureLayers>(),
        CustomParser = Choice<CaptureLayers>,
        DefaultValueFactory = _ => CaptureLayers.Both,
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

    private readonly Option<bool> _secrets = new("--secrets")
    {
        Description = "Puts the keys of handshakes into the capture, so that Wireshark decrypts the datagrams, and begins with new ones. "
            + "DANGER: whoever reads the file reads all traffic, and can pass for this machine.",
    };

    public Command Create()
    {
        var command = new Command(Name, "Captures what passes a running process, for Wireshark.")
        {
            _process, _file, _filter, _layers, _seconds, _count, _secrets,
        };
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

        if (line.GetValue(_filter) is { } text && !PacketFilter.TryParse(text, out _, out var fault))
        {
            return Refuse(error, FaultKind.Usage, $"Invalid --filter: {fault}");
        }

        var (client, refusal) = await CaptureClient.StartAsync(machine, process, RequestOf(line, path), stop).ConfigureAwait(false);
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

    private CaptureRequest RequestOf(ParseResult line, string path)
    {
        var isClassic = Path.GetExtension(path).Equals(".pcap", StringComparison.OrdinalIgnoreCase) && !line.GetValue(_secrets);
        var layers = isClassic ? TapLayers.Inner : CaptureConfiguration.LayersOf(line.GetValue(_layers));
        return new CaptureRequest(
            isClassic ? PcapFileFormat.Pcap : PcapFileFormat.Pcapng,
            line.GetValue(_secrets) ? layers | TapLayers.Keys : layers,
            line.GetValue(_filter),
            MaxPackets: line.GetValue(_count));
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

    private static T Choice<T>(System.CommandLine.Parsing.ArgumentResult given)
        where T : struct, Enum
    {
        var faults = new FaultList();
        var choice = ChoiceReader.Read<T>(new Setting(given.Tokens[0].Value, SettingSource.CommandLine), "--layers", faults);
        foreach (var fault in faults.Faults)
        {
            given.AddError(fault.Message);
        }

        return choice ?? default;
    }

    private static int Number(System.CommandLine.Parsing.ArgumentResult given)
    {
        if (!int.TryParse(given.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
        {
            given.AddError($"'{given.Tokens[0].Value}' is not a number above 0");
        }

        return number;
    }
}
