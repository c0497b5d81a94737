using System.Text;
using System.Text.RegularExpressions;
using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Theory]
    [InlineData("--version")]
    [InlineData("-V")]
    public async Task Version_is_one_line_on_standard_output(string flag)
    {
        Assert.Equal(0, await RunAsync(flag));
        Assert.Matches(@"^onetun \d+\.\d+\.\d+\r?\n$", _output.ToString());
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task Help_has_room_on_a_terminal_of_24_lines_and_80_columns_and_names_every_command(params string[] arguments)
    {
        Assert.Equal(0, await RunAsync(arguments));
        var lines = _output.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.InRange(lines.Length, 1, 24);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 80));
        foreach (var part in new[] { "demo", "stdio", "status", "doctor", "completion", "man", "genkey", "--config <file>", "--help-all" })
        {
            Assert.Contains(part, _output.ToString());
        }
    }

    [Theory]
    [InlineData("bash", "~/.bashrc")]
    [InlineData("zsh", "~/.zshrc")]
    [InlineData("fish", "completions/onetun.fish")]
    [InlineData("powershell", "$PROFILE")]
    public async Task Help_of_completion_says_in_a_line_how_a_shell_gets_it(string shell, string file)
    {
        Assert.Equal(0, await RunAsync("completion", "--help"));
        Assert.Single(
            _output.ToString().Split(Environment.NewLine),
            line => line.Contains($"onetun completion {shell}", StringComparison.Ordinal) && line.Contains(file, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_explains_every_option_with_its_default_and_variable()
    {
        Assert.Equal(0, await RunAsync("--help-all"));
        AssertExplained(Options.All);
        foreach (var part in new[] { "Keys:", "WireGuard:", "Diagnostics:", "-r, --remote", "ONETUN_REMOTE_PORT_FORWARD_1", "--check" })
        {
            Assert.Contains(part, _output.ToString());
        }
    }

    [Fact]
    public async Task Help_of_stdio_explains_the_options_of_a_tunnel_with_their_defaults_and_variables()
    {
        Assert.Equal(0, await RunAsync("stdio", "--help"));
        AssertExplained(Options.All.Where(option => option.IsOfTunnel));
        Assert.DoesNotContain("--remote <", _output.ToString());
    }

    [Fact]
    public async Task Help_of_doctor_explains_what_it_examines_by_and_nothing_that_only_a_run_heeds()
    {
        Assert.Equal(0, await RunAsync("doctor", "--help"));
        AssertExplained(Options.All.Where(option => option.IsOfTunnel && !option.IsOfRun));
        Assert.All(
            ["--remote", "--check", "--log", "--keep-alive", "--cc", "--pcap", "--proxy", "--metrics", "--idle-timeout"],
            name => Assert.DoesNotContain($" {name}", _output.ToString()));
        Assert.Contains("The other options of onetun are accepted and checked too", _output.ToString());
    }

    [Fact]
    public async Task Help_names_the_commands_and_the_variables_of_forwards()
    {
        Assert.Equal(0, await RunAsync("--help-all"));
        foreach (var part in new[] { "ONETUN_PORT_FORWARD_1", "onetun demo", "onetun man", "ONETUN_PRESHARED_KEY_FILE=" })
        {
            Assert.Contains(part, _output.ToString());
        }
    }

    [Fact]
    public async Task Short_names_are_those_of_the_original()
    {
        Assert.Equal(0, await RunAsync("--help-all"));
        Assert.Equal(["-r", "-h", "-V"], Regex.Matches(_output.ToString(), @"(?<=\s)-\w(?=,)").Select(match => match.Value));
    }

    [Theory]
    [InlineData("genkey", "genkey")]
    [InlineData("doctor", @"doctor \[\.\.\.] \[options]")]
    [InlineData("stdio", @"stdio \[HOST:PORT] \[options]")]
    [InlineData("demo", @"demo \[options]")]
    public async Task Help_of_a_command_shows_how_it_is_used(string command, string usage)
    {
        Assert.Equal(0, await RunAsync(command, "--help"));
        Assert.Matches($@"Usage:\s+\S+ {usage}\s", _output.ToString());
    }

    [Fact]
    public async Task Check_shows_proxies_and_metrics_too_and_who_may_use_them()
    {
        _machine.Variables["ONETUN_PROXY_USER"] = "ann:pw";
        Assert.Equal(0, await RunAsync(
            "--private-key", TestMachine.PrivateKey, "--endpoint-public-key", TestMachine.EndpointKey, "--endpoint-addr", "1.2.3.4:5",
            "--source-peer-ip", "10.0.0.3", "--dns", "10.0.0.1", "--socks5", "1080", "--metrics", "9090", "--check"));
        Assert.EndsWith(
            """
            SOCKS5 proxy on [127.0.0.1:1080] into the tunnel (as peer 10.0.0.3) for ann
            Metrics on [127.0.0.1:9090]: a page at /, /status.json, /metrics, /livez, /readyz

            """.ReplaceLineEndings(),
            _output.ToString());
    }

    [Theory]
    [InlineData("--nonsense")]
    [InlineData("--keep-alive")]
    [InlineData("--keep-alive", "1", "--keep-alive", "2")]
    [InlineData("8080:h:80:99")]
    [InlineData("--private-key", "a", "--private-key-file", "b")]
    [InlineData("demo", "--port", "65536")]
    [InlineData("demo", "--port", "x")]
    [InlineData("genkey", "more")]
    [InlineData("completion")]
    [InlineData("completion", "tcsh")]
    [InlineData("8080:192.168.4.2:80")]
    public async Task A_wrong_command_line_is_exit_code_2(params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(arguments));
        Assert.StartsWith("Error: ", _error.ToString());
        Assert.Empty(_output.ToString());
    }

    [Theory]
    [InlineData("demo", "--port", "x")]
    [InlineData("genkey", "more")]
    [InlineData("stdio", "host")]
    [InlineData("stdio", "192.168.4.2:22", "--keep-alive", "x")]
    public async Task A_wrong_argument_of_a_command_names_the_help_of_that_command(params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(arguments));
        Assert.EndsWith($"try 'onetun {arguments[0]} --help'.", _error.ToString().TrimEnd());
    }

    [Fact]
    public async Task A_configuration_that_cannot_be_used_is_exit_code_1()
    {
        _machine.Variables["ONETUN_ENDPOINT_PUBLIC_KEY"] = "AAAA";
        Assert.Equal(1, await RunAsync(
            "8080:192.168.4.2:80", "--endpoint-addr", "1.2.3.4:5", "--source-peer-ip", "192.168.4.3"));
        Assert.Equal(
            ["Error: Missing private key: give --private-key-file or ONETUN_PRIVATE_KEY ('onetun genkey' makes one)", "Error: ONETUN_ENDPOINT_PUBLIC_KEY: Invalid endpoint public key: 3 bytes instead of 32"],
            _error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task An_argument_that_begins_with_at_is_not_a_file_of_arguments()
    {
        Assert.Equal(2, await RunAsync("@file"));
        Assert.Contains("'@file' is neither a command nor a port forward", _error.ToString());
    }

    [Theory]
    [InlineData("bogus", "")]
    [InlineData("statsu", "; did you mean 'onetun status'?")]
    [InlineData("docter", "; did you mean 'onetun doctor'?")]
    [InlineData("help", "; did you mean 'onetun --help'?")]
    public async Task A_word_that_is_neither_a_command_nor_a_forward_is_the_only_fault(string word, string suggestion)
    {
        Assert.Equal(2, await RunAsync(word, "--keep-alive", "10"));
        Assert.Equal(
            [
                $"Error: '{word}' is neither a command nor a port forward, such as 127.0.0.1:8080:192.168.4.2:8080{suggestion}",
                "For more information, try 'onetun --help'; 'onetun demo' needs no configuration.",
            ],
            _error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("Unknown option --hlep; did you mean --help?", "--hlep")]
    [InlineData("Unknown option -v; did you mean --version?", "-v")]
    [InlineData("Unknown option -c; did you mean --config?", "-c", "wireproxy.conf")]
    [InlineData("Unknown option --configtest; did you mean --check?", "--configtest")]
    [InlineData("Unknown option -s; did you mean --log?", "-s")]
    [InlineData("Unknown option --info; did you mean --metrics?", "--info", "localhost:9080")]
    [InlineData("Unknown option --mtu; did you mean --max-transmission-unit?", "--mtu", "5")]
    [InlineData("Unknown option --keepalive; did you mean --keep-alive?", "--keepalive=5")]
    [InlineData("Unknown option --nonsense", "--nonsense=secret", "8080:192.168.4.2:80")]
    [InlineData("Unknown option --hlep; did you mean --help?", "doctor", "--hlep")]
    public async Task An_unknown_option_is_the_only_fault_and_comes_with_the_nearest(string message, params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(arguments));
        Assert.Equal(
            [$"Error: {message}", $"For more information, try 'onetun {(arguments[0] == "doctor" ? "doctor " : "")}--help'"],
            _error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(';', '.') is [var first, ..] && first.StartsWith("For", StringComparison.Ordinal) ? first : line));
    }

    // RFC 7748 §6.1, Alice's keys
    [Fact]
    public async Task Pubkey_gives_the_public_half()
    {
        Assert.Equal(0, await RunAsync(["pubkey"], $"{TestMachine.PrivateKey}\n"));
        Assert.Equal(TestMachine.PublicKey + Environment.NewLine, _output.ToString());
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public async Task Pubkey_and_the_files_of_keys_and_configurations_are_read_as_PowerShell_writes_them(string encoding)
    {
        foreach (var preamble in new[] { Encoding.GetEncoding(encoding).GetPreamble(), [] })
        {
            byte[] bytes = [.. preamble, .. Encoding.GetEncoding(encoding).GetBytes($"{TestMachine.PrivateKey}\r\n")];
            using var input = new StandardInput(new MemoryStream(bytes));
            _output.GetStringBuilder().Clear();
            Assert.Equal(0, await new CommandLine(_machine.Machine, input, _output, _error).RunAsync(["pubkey"]));
            Assert.Equal(TestMachine.PublicKey + Environment.NewLine, _output.ToString());

            var path = Path.Combine(AppContext.BaseDirectory, $"{Guid.NewGuid():N}.key");
            await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
            Assert.Equal($"{TestMachine.PrivateKey}\r\n", new Machine().ReadFile(path));
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Pubkey_reads_no_more_than_a_file_may_have()
    {
        using var input = new StandardInput(new MemoryStream(new byte[1 << 20]));
        var error = await Assert.ThrowsAsync<IOException>(
            () => new CommandLine(_machine.Machine, input, _output, _error).RunAsync(["pubkey"]));
        Assert.Equal("standard input is larger than 1 MiB", error.Message);
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("AAAA", "3 bytes instead of 32")]
    [InlineData("hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo", "not base64, which has 44 characters, not 43")]
    public async Task Pubkey_refuses_what_is_not_a_key(string input, string reason)
    {
        Assert.Equal(1, await RunAsync(["pubkey"], input));
        Assert.Equal($"Error: Key is not the correct length or format: {reason}" + Environment.NewLine, _error.ToString());
    }

    [Theory]
    [InlineData("genkey")]
    [InlineData("genpsk")]
    public async Task Keys_are_32_bytes_in_base64_and_never_the_same(string command)
    {
        Assert.Equal(0, await RunAsync(command));
        Assert.Equal(0, await RunAsync(command));
        var keys = _output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, keys.Distinct().Count());
        Assert.All(keys, key => Assert.Equal(32, Convert.FromBase64String(key).Length));
    }

    private void AssertExplained(IEnumerable<OptionDeclaration> options)
    {
        var text = Regex.Replace(_output.ToString(), @"\s+", " ");
        foreach (var option in options)
        {
            var value = option.ValueName.Length == 0 ? "" : $"<{option.ValueName}> ";
            var variable = option.Variable.Length == 0 ? option.Description : $"[env: {option.Variable}]";
            Assert.Contains($" {option.Name} {value}", text);
            Assert.Contains($"{variable}{(option.Default is null ? "" : $" [default: {option.Default}]")}", text);
        }

        Assert.All(_output.ToString().Split('\n'), line => Assert.InRange(line.Length, 0, 101));
    }

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    private Task<int> RunAsync(params string[] arguments) => RunAsync(arguments, "");

    private Task<int> RunAsync(string[] arguments, string input) =>
        new CommandLine(_machine.Machine, new StringReader(input), _output, _error).RunAsync(arguments);
}
