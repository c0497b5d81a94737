using System.CommandLine;
using System.CommandLine.Parsing;
using Onetun.Capture;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Control;

namespace Onetun.Forwarder.Commands;

/// <summary>The options that say what is captured of a running process.</summary>
internal sealed class CaptureFlags
{
    private readonly Option<string?> _filter = new("--filter")
    {
        Description = "Which packets, in tcpdump's words: 'host 10.0.0.2 and tcp port 80'.",
        HelpName = "filter",
    };

    private readonly Option<CaptureLayers?> _layers = new("--layers")
    {
        Description = "Packets inside the tunnel, WireGuard's datagrams outside it, or both; inner by default for a file called .pcap, both "
            + "for any other.",
        HelpName = ChoiceReader.Names<CaptureLayers>(),
        CustomParser = Choice<CaptureLayers>,
    };

    private readonly Option<bool> _secrets = new("--secrets")
    {
        Description = "Puts the keys of handshakes into the capture, so that Wireshark decrypts the datagrams, and begins with new ones. "
            + "DANGER: whoever reads the file reads all traffic, and can pass for this machine.",
    };

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [_filter, _layers, _secrets];

    /// <summary>What is wrong with them; null if nothing is.</summary>
    public string? FaultOf(ParseResult line) => line.GetValue(_filter) is { } text && !PacketFilter.TryParse(text, out _, out var fault)
        ? $"Invalid {_filter.Name}: {fault}"
        : FaultOfSecrets(line);

    /// <summary>Why there can be no keys; null if there can be, or are to be none.</summary>
    public string? FaultOfSecrets(ParseResult line) => line.GetValue(_secrets) && line.GetValue(_layers) == CaptureLayers.Inner
        ? $"{_secrets.Name}: inner packets are not encrypted; leave it out, or have the outer layer too"
        : null;

    /// <summary>The filter as it was written; null is all packets.</summary>
    public string? FilterOf(ParseResult line) => line.GetValue(_filter);

    /// <summary>What a process is asked for.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="isClassic">Whether the file is to be a pcap file, if it can; it is pcapng otherwise.</param>
    public CaptureRequest RequestOf(ParseResult line, bool isClassic = false)
    {
        isClassic = isClassic && !line.GetValue(_secrets) && (line.GetValue(_layers) is null or CaptureLayers.Inner);
        var layers = isClassic ? TapLayers.Inner : CaptureConfiguration.LayersOf(line.GetValue(_layers) ?? CaptureLayers.Both);
        return new CaptureRequest(
            isClassic ? PcapFileFormat.Pcap : PcapFileFormat.Pcapng,
            line.GetValue(_secrets) ? layers | TapLayers.Keys : layers,
            line.GetValue(_filter));
    }

    private static T? Choice<T>(ArgumentResult given)
        where T : struct, Enum
    {
        var faults = new FaultList();
        var choice = ChoiceReader.Read<T>(new Setting(given.Tokens[0].Value, SettingSource.CommandLine), "--layers", faults);
        foreach (var fault in faults.Faults)
        {
            given.AddError(fault.Message);
        }

        return choice;
    }
}
