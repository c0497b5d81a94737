using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class ConfigurationFileTests
{
    private const string Complete = $"""
        [Interface]
        PrivateKey = {TestMachine.PrivateKey}
        Address = 192.168.4.3
        #!onetun 8080:192.168.4.2:80

        [Peer]
        PublicKey = {TestMachine.EndpointKey}
        Endpoint = 140.30.3.182:51820
        """;

    private readonly TestMachine _machine = new();

    [Theory]
    [InlineData("/etc/wireguard/wg0.conf")]
    [InlineData("/usr/local/etc/wireguard/wg0.conf")]
    [InlineData("/opt/homebrew/etc/wireguard/wg0.conf")]
    [InlineData("wg0")]
    public async Task An_interface_has_its_file_where_wg_quick_looks_and_a_file_of_that_name_comes_first(string path)
    {
        SkipOnWindows();
        _machine.Files[path] = Complete;
        if (path == "wg0")
        {
            _machine.Files["/etc/wireguard/wg0.conf"] = "[Interface]";
        }

        using var configuration = await _machine.ReadValidAsync("--config", "wg0");
        Assert.Single(configuration.Forwards);
        Assert.Equal(Path.GetFileName(path), configuration.FileName);
    }

    [Fact]
    public async Task An_interface_without_a_file_is_told_where_it_was_looked_for()
    {
        SkipOnWindows();
        Assert.Equal(
            "Failed to read configuration file: there is no file wg0 here, and no wg0.conf in /etc/wireguard, "
            + "/usr/local/etc/wireguard or /opt/homebrew/etc/wireguard",
            await FaultOfAsync(_machine.Machine, "wg0"));
    }

    [Fact]
    public async Task The_file_of_an_interface_that_only_root_may_read_is_named_and_a_way_to_it_too()
    {
        SkipOnWindows();
        var machine = _machine.Machine with
        {
            FileExists = path => path == "/etc/wireguard/wg0.conf",
            ReadFile = path => throw new UnauthorizedAccessException($"Access to the path '{path}' is denied."),
        };
        var (_, faults) = await ConfigurationReader.ReadAsync(_machine.Parse("--config", "wg0"), machine, Cancellation);
        var fault = Assert.Single(faults);
        Assert.StartsWith("Failed to read configuration file /etc/wireguard/wg0.conf: Access to the path", fault.Message);
        Assert.Contains("sudo cat /etc/wireguard/wg0.conf | onetun --config -", fault.Advice);
    }

    [Fact]
    public async Task An_empty_standard_input_is_named_and_not_all_that_is_missing_in_it()
    {
        var machine = _machine.Machine with { ReadInput = () => "" };
        Assert.Equal("Failed to read configuration: standard input is empty", await FaultOfAsync(machine, "-"));
    }

    [Fact]
    public async Task No_part_of_a_key_that_is_given_for_a_file_is_repeated()
    {
        const string key = "cCI5hExBfUP+7IW2m8iUOty365/KeCEUO0rUwno1lE4=";
        var machine = new Machine();
        var fault = await FaultOfAsync(machine, key);
        Assert.DoesNotContain("KeCEUO0rUwno1lE4", fault);
        Assert.Contains("(hidden)", fault);
    }

    [Theory]
    [InlineData("wg0.conf")]
    [InlineData("./wg0")]
    [InlineData("averyverylongname")]
    public async Task What_is_no_name_of_an_interface_is_only_a_file(string value)
    {
        _machine.Files["/etc/wireguard/wg0.conf"] = _machine.Files[$"/etc/wireguard/{value}.conf"] = Complete;
        Assert.Contains("Could not find file", await FaultOfAsync(_machine.Machine, value));
    }

    [Fact]
    public async Task Faults_in_the_file_of_an_interface_stand_in_that_file()
    {
        SkipOnWindows();
        _machine.Files["/etc/wireguard/wg0.conf"] = Complete.Replace("Address = ", "Address = x", StringComparison.Ordinal);
        Assert.Contains("wg0.conf:3: ", await FaultOfAsync(_machine.Machine, "wg0"));
    }

    [Fact]
    public async Task The_readers_of_the_file_of_an_interface_are_warned_of()
    {
        SkipOnWindows();
        _machine.Files["/etc/wireguard/wg0.conf"] = Complete;
        _machine.FileMode = UnixFileMode.UserRead | UnixFileMode.OtherRead;
        using var configuration = await _machine.ReadValidAsync("--config", "wg0");
        Assert.Equal(
            ["Private key file /etc/wireguard/wg0.conf is world-readable. This is insecure."], configuration.Warnings);
    }

    [Fact]
    public async Task Nobody_else_can_read_a_credential_whatever_its_modes_say()
    {
        _machine.Files["/run/credentials/onetun.service/wg0.conf"] = Complete;
        _machine.FileMode = UnixFileMode.UserRead | UnixFileMode.GroupRead;
        _machine.Variables["CREDENTIALS_DIRECTORY"] = "/run/credentials/onetun.service";
        using var configuration = await _machine.ReadValidAsync("--config", "/run/credentials/onetun.service/wg0.conf");
        Assert.Empty(configuration.Warnings);
    }

    [Fact]
    public async Task A_dash_is_standard_input_whose_readers_nobody_is_warned_of()
    {
        _machine.FileMode = UnixFileMode.OtherRead;
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(0, await RunAsync(Complete, output, error, "--config", "-", "--check"));
        Assert.Contains("192.168.4.2:80", output.ToString());
        Assert.Empty(error.ToString());
    }

    [Fact]
    public async Task A_fault_in_standard_input_has_its_line()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(1, await RunAsync($"{Complete}\nnonsense", output, error, "--config", "-", "--check"));
        Assert.Contains("standard input:9: 'nonsense' is not Key = Value", error.ToString());
    }

    [Fact]
    public async Task Standard_input_without_an_end_is_one_fault()
    {
        using var input = new StandardInput(new MemoryStream(new byte[1 << 20]));
        Assert.Equal(
            "Failed to read configuration: standard input is larger than 1 MiB",
            await FaultOfAsync(_machine.Machine with { ReadInput = input.ReadToEnd }, "-"));
        using var never = new SemaphoreSlim(0);
        var silent = _machine.Machine with
        {
            Patience = TimeSpan.Zero,
            ReadInput = () =>
            {
                never.Wait(Cancellation);
                return "";
            },
        };
        Assert.Equal("Failed to read configuration: standard input did not end within 0 s", await FaultOfAsync(silent, "-"));
        never.Release();
    }

    [Fact]
    public async Task Stdio_needs_standard_input_for_itself()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(2, await RunAsync(Complete, output, error, "stdio", "192.168.4.2:22", "--config", "-"));
        Assert.StartsWith("Error: --config - cannot be used with stdio: both need standard input", error.ToString());
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static void SkipOnWindows() => Assert.SkipWhen(OperatingSystem.IsWindows(), "WireGuard for Windows keeps its files encrypted.");

    private async Task<string> FaultOfAsync(Machine machine, string value)
    {
        var (_, faults) = await ConfigurationReader.ReadAsync(_machine.Parse("--config", value), machine, Cancellation);
        return Assert.Single(faults).Message;
    }

    private Task<int> RunAsync(string input, TextWriter output, TextWriter error, params string[] arguments) =>
        new CommandLine(_machine.Machine, new StringReader(input), output, error).RunAsync(arguments);
}
