using System.CommandLine;
using Onetun.Capture;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Hosting;
using Onetun.Forwarder.Wireshark;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Commands;

/// <summary>
/// What Wireshark calls to show the running processes as interfaces, and to capture from them (extcap(4)). What it writes to
/// standard error Wireshark takes for a fault, and shows.
/// </summary>
internal sealed class ExtcapCommand(Machine machine, Func<IReadOnlyList<string>, string?>? askWireshark = null)
{
    private const string Name = "extcap";

    /// <summary>Of what is to be filled in, a filter alone needs explaining.</summary>
    private const string Help = "https://www.tcpdump.org/manpages/pcap-filter.7.html";

    /// <summary>A process that is well answers in milliseconds, and Wireshark's start waits for us.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(500);

    private readonly Option<bool> _install = new("--install") { Description = "Has Wireshark show them: puts a script into its folder." };
    private readonly Option<bool> _uninstall = new("--uninstall") { Description = "Takes the script away." };

    private readonly Option<bool> _interfaces = new("--extcap-interfaces");
    private readonly Option<bool> _linkTypes = new("--extcap-dlts");
    private readonly Option<bool> _configuration = new("--extcap-config");
    private readonly Option<bool> _capture = new("--capture");
    private readonly Option<string?> _interface = new("--extcap-interface");
    private readonly Option<string?> _captureFilter = new("--extcap-capture-filter");
    private readonly Option<string?> _pipe = new("--fifo");
    private readonly CaptureFlags _flags = new();

    private readonly ExtcapFolders _folders = new(machine, askWireshark ?? InstalledWireshark.Ask);

    public Command Create()
    {
        var command = new Command(Name, "Shows the running processes as interfaces in Wireshark.") { _install, _uninstall };
        // These are Wireshark's to give, and what a later version gives besides changes nothing
        command.TreatUnmatchedTokensAsErrors = false;
        Option[] ofWireshark = [_interfaces, _linkTypes, _configuration, _capture, _interface, _captureFilter, _pipe, .. _flags.All];
        foreach (var option in ofWireshark)
        {
            option.Hidden = true;
            command.Add(option);
        }

        command.SetAction(RunUntilSignalAsync);
        return command;
    }

    /// <summary>Answers, or captures until told to stop.</summary>
    public async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var output = line.InvocationConfiguration.Output;
        if (line.GetValue(_interfaces))
        {
            return await ListAsync(output, stop).ConfigureAwait(false);
        }

        if (line.GetValue(_linkTypes))
        {
            await output.WriteLineAsync(ExtcapDialog.LinkType).ConfigureAwait(false);
            return ExitCode.Success;
        }

        if (line.GetValue(_configuration))
        {
            await output.WriteAsync(ExtcapDialog.Arguments()).ConfigureAwait(false);
            return ExitCode.Success;
        }

        if (line.GetValue(_capture))
        {
            return await CaptureAsync(line, stop).ConfigureAwait(false);
        }

        if (line.GetValue(_captureFilter) is { } filter)
        {
            return Judge(output, filter);
        }

        return Set(line);
    }

    private async Task<int> RunUntilSignalAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var signals = new StopSignals(ForwarderConfiguration.DefaultShutdown, ExitCode.Success);
        using var stopping = signals.Link(cancellationToken);
        return await RunAsync(line, stopping.Token).ConfigureAwait(false);
    }

    private async Task<int> ListAsync(TextWriter output, CancellationToken stop)
    {
        await output.WriteLineAsync(ExtcapSentence.Of("extcap", ("version", StatusSource.Version), ("help", Help), ("display", "onetun")))
            .ConfigureAwait(false);
        var places = ControlDirectory.Places(machine);
        var found = await new ProcessFinder(places) { Patience = Glance }.FindAsync(stop).ConfigureAwait(false);
        foreach (var process in found.Processes.Where(process => CaptureProtocol.SocketOf(process.Pid, places) is not null))
        {
            await output.WriteLineAsync(ExtcapSentence.Of(
                "interface", ("value", ExtcapInterface.NameOf(process.Pid)), ("display", ExtcapInterface.DisplayOf(process)))).ConfigureAwait(false);
        }

        return ExitCode.Success;
    }

    // Wireshark shows the fault, if there is any output; it does not look at it if we fail
    private static int Judge(TextWriter output, string filter)
    {
        if (!string.IsNullOrWhiteSpace(filter) && !PacketFilter.TryParse(filter, out _, out var fault))
        {
            output.WriteLine(fault.Message);
        }

        return ExitCode.Success;
    }

    private async Task<int> CaptureAsync(ParseResult line, CancellationToken stop)
    {
        if (_flags.FaultOfSecrets(line) is { } unneeded)
        {
            return Refuse(line.InvocationConfiguration.Error, unneeded);
        }

        var request = _flags.RequestOf(line) with { Filter = FilterOf(line) };
        var capture = new ExtcapCapture(machine, line.GetValue(_interface), line.GetValue(_pipe), request);
        return await capture.RunAsync(stop).ConfigureAwait(false) is { } fault
            ? Refuse(line.InvocationConfiguration.Error, fault)
            : ExitCode.Success;
    }

    /// <summary>What both the filter of the dialog and that of Wireshark's own box take.</summary>
    private string? FilterOf(ParseResult line)
    {
        string?[] both = [_flags.FilterOf(line), line.GetValue(_captureFilter)];
        string[] given = [.. both.OfType<string>().Where(text => !string.IsNullOrWhiteSpace(text))];
        return given.Length == 0 ? null : string.Join(" and ", given.Length == 1 ? given : given.Select(text => $"({text})"));
    }

    private int Set(ParseResult line)
    {
        var (isInstalled, isRemoved) = (line.GetValue(_install), line.GetValue(_uninstall));
        var error = line.InvocationConfiguration.Error;
        if (line.UnmatchedTokens.Count > 0 || isInstalled == isRemoved)
        {
            var message = line.UnmatchedTokens.Count > 0
                ? $"'{line.UnmatchedTokens[0]}' is neither {_install.Name} nor {_uninstall.Name}"
                : $"Wireshark calls this command; give one of {_install.Name}, which has it do so, and {_uninstall.Name}";
            return FaultReport.Write(error, [new Fault(FaultKind.Usage, SafeText.Of(message))], Name);
        }

        var installation = new ExtcapInstallation(_folders, Launcher.Ours(machine));
        var (text, fault) = isInstalled ? installation.Install() : installation.Uninstall();
        if (fault is not null)
        {
            return Refuse(error, fault);
        }

        line.InvocationConfiguration.Output.WriteLine(text!.ReplaceLineEndings());
        return ExitCode.Success;
    }

    private static int Refuse(TextWriter error, string message) =>
        FaultReport.Write(error, [new Fault(FaultKind.Configuration, message.ReplaceLineEndings(" "))], Name);
}
