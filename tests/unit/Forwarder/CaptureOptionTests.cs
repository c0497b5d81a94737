using Onetun.Capture;
using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Configuration;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>What the options of captures ask for, and what does not go together.</summary>
public sealed class CaptureOptionTests
{
    [Theory]
    [InlineData("wg.pcap", null, null, false, PcapFileFormat.Pcap, TapLayers.Inner)]
    [InlineData("-", null, null, false, PcapFileFormat.Pcap, TapLayers.Inner)]
    [InlineData("wg.pcapng", null, null, false, PcapFileFormat.Pcapng, TapLayers.Inner | TapLayers.Outer)]
    [InlineData("WG.PCAPNG", null, null, false, PcapFileFormat.Pcapng, TapLayers.Inner | TapLayers.Outer)]
    [InlineData("-", PcapFileFormat.Pcapng, null, false, PcapFileFormat.Pcapng, TapLayers.Inner | TapLayers.Outer)]
    [InlineData("wg.pcap", null, CaptureLayers.Outer, false, PcapFileFormat.Pcapng, TapLayers.Outer)]
    [InlineData("wg.pcapng", null, CaptureLayers.Inner, false, PcapFileFormat.Pcapng, TapLayers.Inner)]
    [InlineData("wg.cap", null, null, true, PcapFileFormat.Pcapng, TapLayers.Inner | TapLayers.Outer | TapLayers.Keys)]
    [InlineData("wg.pcapng", PcapFileFormat.Pcap, null, false, PcapFileFormat.Pcap, TapLayers.Inner)]
    internal void Format_and_layers_follow_from_what_is_asked_for(
        string path, PcapFileFormat? asked, CaptureLayers? layers, bool hasSecrets, PcapFileFormat format, TapLayers shown)
    {
        var options = new CaptureConfiguration { Path = path, Format = asked, Layers = layers, HasSecrets = hasSecrets }.ToOptions("test");
        Assert.Equal((format, shown), (options.Format, options.Layers));
    }

    [Theory]
    [InlineData("--pcap-size needs --pcap, which says where to", "--pcap-size", "1")]
    [InlineData("--pcap-secrets needs --pcap, which says where to", "--pcap-secrets")]
    [InlineData("--pcap-filter needs --pcap or --trace, which it chooses for", "--pcap-filter", "tcp")]
    [InlineData("--pcap-files needs --pcap-size, which says when a file is full", "--pcap", "x", "--pcap-files", "2")]
    [InlineData("--pcap-size cannot be used with --pcap -", "--pcap", "-", "--pcap-size", "2")]
    [InlineData("--pcap-layers: a classic pcap file takes inner packets alone", "--pcap", "x", "--pcap-format", "pcap", "--pcap-layers", "both")]
    [InlineData("--pcap-secrets: a classic pcap file has no place for keys", "--pcap", "x", "--pcap-format", "pcap", "--pcap-secrets")]
    [InlineData("--pcap-secrets: inner packets are not encrypted", "--pcap", "x", "--pcap-layers", "inner", "--pcap-secrets")]
    [InlineData("Invalid --keylog: keys go to a file", "--keylog", "-")]
    [InlineData("Invalid --keylog: the name of the file is empty", "--keylog", "")]
    [InlineData("Invalid --pcap-layers: 'x' is not one of both|inner|outer", "--pcap", "x", "--pcap-layers", "x")]
    [InlineData("Invalid --pcap-snaplen: '0' is not a number between 1 and 65535 bytes", "--pcap", "x", "--pcap-snaplen", "0")]
    [InlineData("\nport http\n     ^~~~\n", "--trace", "--pcap-filter", "port http")]
    public async Task What_does_not_go_together_is_refused_and_says_what_to_do(string fault, params string[] options)
    {
        var (exitCode, _, error) = await CheckAsync(options);
        Assert.Equal(ExitCode.Usage, exitCode);
        Assert.Contains(fault, error);
    }

    [Theory]
    [InlineData("wg.pcapng", "--pcap", "wg.pcapng", "--pcap-secrets")]
    [InlineData("standard output", "--pcap", "-", "--pcap-secrets")]
    [InlineData("wg.keys", "--keylog", "wg.keys")]
    public async Task Secrets_are_warned_of_loudly(string file, params string[] options)
    {
        var (exitCode, output, _) = await CheckAsync(options);
        Assert.Equal(ExitCode.Success, exitCode);
        Assert.Contains($"DANGER: the keys of every handshake and this machine's private key are written to {file}.", output);
    }

    [Theory]
    [InlineData("ONETUN_PCAP_SECRETS")]
    [InlineData("ONETUN_KEYLOG")]
    [InlineData("")]
    public async Task Secrets_are_asked_for_on_the_command_line_alone(string variable)
    {
        var (exitCode, output, _) = await CheckAsync(["--pcap", "x"], (variable, "true"));
        Assert.Equal(ExitCode.Success, exitCode);
        Assert.DoesNotContain("DANGER", output);
    }

    private static async Task<(int ExitCode, string Output, string Error)> CheckAsync(
        string[] options, params (string Name, string Value)[] variables)
    {
        using var ours = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        var machine = new TestMachine();
        machine.Variables["ONETUN_PRIVATE_KEY"] = Convert.ToBase64String(ours.Bytes);
        foreach (var (name, value) in variables)
        {
            machine.Variables[name] = value;
        }

        using StringWriter output = new(), error = new();
        var exitCode = await new CommandLine(machine.Machine, TextReader.Null, output, error).RunAsync(
            [
                "--endpoint-public-key", $"{theirs.PublicKey}", "--endpoint-addr", "192.0.2.1:51820", "--source-peer-ip", "10.0.0.2",
                "8080:10.0.0.1:80", "--check", .. options,
            ],
            TestContext.Current.CancellationToken);
        return (exitCode, output.ToString(), error.ToString());
    }
}
