using Onetun.Capture;

namespace Onetun.Forwarder.Configuration;

/// <summary>The options of captures.</summary>
internal static class CaptureOptions
{
    private const string Captures = "Captures";
    private const int MostMegabytes = 1_000_000;
    private const int MostFiles = 10_000;

    public static readonly OptionDeclaration Pcap = new(
        Captures, "--pcap", "ONETUN_PCAP", "file",
        "Captures to a file for Wireshark: packets inside the tunnel, and for pcapng the datagrams outside too; - is standard output "
        + "(not with stdio).")
    {
        IsOfRun = true,
        Default = "off",
        Effect = ReadPcap,
    };

    public static readonly OptionDeclaration Format = new(
        Captures, "--pcap-format", "ONETUN_PCAP_FORMAT", ChoiceReader.Names<PcapFileFormat>(),
        "pcap is for every tool; pcapng has directions, remarks, statistics and both layers.")
    {
        IsOfRun = true,
        Default = "pcapng if the file is called so, or what else is asked for needs it",
        Effect = Effects.Choice<PcapFileFormat>("--pcap-format", (configuration, choice) => With(configuration, it => it with { Format = choice })),
    };

    public static readonly OptionDeclaration Layers = new(
        Captures, "--pcap-layers", "ONETUN_PCAP_LAYERS", ChoiceReader.Names<CaptureLayers>(),
        "Which packets: those inside the tunnel, WireGuard's datagrams outside it, or both.")
    {
        IsOfRun = true,
        Default = "both for pcapng, inner for pcap",
        Effect = Effects.Choice<CaptureLayers>("--pcap-layers", (configuration, choice) => With(configuration, it => it with { Layers = choice })),
    };

    public static readonly OptionDeclaration Filter = new(
        Captures, "--pcap-filter", "ONETUN_PCAP_FILTER", "filter",
        "Which inner packets, and datagrams that carry them, are captured and traced, in tcpdump's words: 'host 10.0.0.2 and tcp port 80'. "
        + "Handshakes are always captured.")
    {
        IsOfRun = true,
        Default = "all",
        Effect = ReadFilter,
    };

    public static readonly OptionDeclaration SnapLength = new(
        Captures, "--pcap-snaplen", "ONETUN_PCAP_SNAPLEN", "bytes",
        "How much of each packet is kept. Datagrams that are cut cannot be decrypted.")
    {
        IsOfRun = true,
        Default = "65535",
        Effect = Effects.Number(
            1, 65535, "Invalid --pcap-snaplen:", " bytes", (configuration, bytes) => With(configuration, it => it with { SnapLength = bytes })),
    };

    public static readonly OptionDeclaration Size = new(
        Captures, "--pcap-size", "ONETUN_PCAP_SIZE", "megabytes",
        "Begins another file, wg-1.pcapng behind wg.pcapng, when one has a million bytes times this.")
    {
        IsOfRun = true,
        Default = "no limit",
        Effect = Effects.Number(
            1,
            MostMegabytes,
            "Invalid --pcap-size:",
            " megabytes",
            (configuration, megabytes) => With(configuration, it => it with { MaxFileSize = megabytes * 1_000_000L })),
    };

    public static readonly OptionDeclaration Files = new(
        Captures, "--pcap-files", "ONETUN_PCAP_FILES", "number",
        "How many such files are kept; behind the last, the first is written anew.")
    {
        IsOfRun = true,
        Default = "no limit",
        Effect = Effects.Number(
            1, MostFiles, "Invalid --pcap-files:", " files", (configuration, number) => With(configuration, it => it with { MaxFiles = number })),
    };

    public static readonly OptionDeclaration Secrets = new(
        Captures, "--pcap-secrets", "", "",
        "Puts the keys of every handshake into the capture, so that Wireshark decrypts the datagrams. DANGER: whoever reads the file reads all "
        + "traffic, and can pass for this machine.")
    {
        IsOfRun = true,
        Effect = (configuration, _, _) => With(configuration, it => it with { HasSecrets = true }),
    };

    public static readonly OptionDeclaration KeyLog = new(
        Captures, "--keylog", "", "file",
        "Adds the same keys to a file, as Wireshark reads them (its preference wg.keylog_file). DANGER: as above.")
    {
        IsOfRun = true,
        Default = "off",
        Effect = ReadKeyLog,
    };

    public static readonly OptionDeclaration Trace = new(
        Captures, "--trace", "", "", "Writes a line for each packet inside the tunnel to standard error.")
    {
        IsOfRun = true,
        Effect = (configuration, _, _) => With(configuration, it => it with { IsTraced = true }),
    };

    /// <summary>All of them, in the order of the help.</summary>
    public static readonly IReadOnlyList<OptionDeclaration> All =
        [Pcap, Format, Layers, Filter, SnapLength, Size, Files, Secrets, KeyLog, Trace];

    /// <summary>What does not go together.</summary>
    public static void Check(CaptureConfiguration capture, Settings settings, FaultList faults)
    {
        if (capture.Path is null)
        {
            foreach (var option in All.Except([Pcap, Filter, KeyLog, Trace]).Where(option => settings[option].IsPresent))
            {
                faults.Value(settings[option], $"{option.Name} needs --pcap, which says where to");
            }

            if (settings[Filter].IsPresent && !capture.IsTraced)
            {
                faults.Value(settings[Filter], "--pcap-filter needs --pcap or --trace, which it chooses for");
            }
        }

        if (capture.Format == PcapFileFormat.Pcap)
        {
            if (capture.Layers is CaptureLayers.Both or CaptureLayers.Outer)
            {
                faults.Value(settings[Layers], "--pcap-layers: a classic pcap file takes inner packets alone; give --pcap-format pcapng");
            }

            if (capture.HasSecrets)
            {
                faults.Value(settings[Secrets], "--pcap-secrets: a classic pcap file has no place for keys; give --pcap-format pcapng, or --keylog");
            }
        }

        if (capture.HasSecrets && capture.Layers == CaptureLayers.Inner)
        {
            faults.Value(settings[Secrets], "--pcap-secrets: inner packets are not encrypted; leave it out, or have the outer layer too");
        }

        if (capture.MaxFiles > 0 && capture.MaxFileSize == 0)
        {
            faults.Value(settings[Files], "--pcap-files needs --pcap-size, which says when a file is full");
        }

        if (capture.Path == "-" && capture.MaxFileSize > 0)
        {
            faults.Value(settings[Size], "--pcap-size cannot be used with --pcap -: standard output is one file");
        }
    }

    private static ForwarderConfiguration ReadPcap(ForwarderConfiguration configuration, Setting setting, FaultList faults) =>
        With(configuration, capture => capture with { Path = ReadPath(setting, "--pcap", faults) });

    private static ForwarderConfiguration ReadKeyLog(ForwarderConfiguration configuration, Setting setting, FaultList faults)
    {
        if (setting.Value == "-")
        {
            faults.Value(setting, "Invalid --keylog: keys go to a file, not to standard output");
        }

        return With(configuration, capture => capture with { KeyLog = ReadPath(setting, "--keylog", faults) });
    }

    private static string ReadPath(Setting setting, string option, FaultList faults)
    {
        if (setting.Value!.Length == 0)
        {
            faults.Value(setting, $"Invalid {option}: the name of the file is empty");
        }

        return setting.Value;
    }

    private static ForwarderConfiguration ReadFilter(ForwarderConfiguration configuration, Setting setting, FaultList faults)
    {
        if (PacketFilter.TryParse(setting.Value!, out var filter, out var fault))
        {
            return With(configuration, capture => capture with { Filter = filter });
        }

        faults.Value(setting, $"Invalid --pcap-filter: {fault}");
        return configuration;
    }

    private static ForwarderConfiguration With(ForwarderConfiguration configuration, Func<CaptureConfiguration, CaptureConfiguration> change) =>
        configuration with { Capture = change(configuration.Capture) };
}
