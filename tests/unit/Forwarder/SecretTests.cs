using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>Whatever is wrong with a file or a command line: no key of it is printed, and no 16 characters of one.</summary>
public sealed class SecretTests
{
    private const int Telling = 16;

    private static readonly string[] Variables =
        [.. Options.All.SelectMany(option => new[] { option.Variable, $"{option.Variable}_FILE" })];

    private static readonly string[] Flags = [.. Options.All.Select(option => option.Name), "--remote", "--nonsense", "--port", "-x"];

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public async Task No_broken_file_makes_onetun_print_its_keys(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 200; i++)
        {
            using var key = Key(random);
            var machine = new TestMachine();
            machine.Files["wg0.conf"] = BrokenFile(Form(key, random), random);
            await AssertSilentAsync(machine, key, ["--config", "wg0.conf", "--check"]);
        }
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public async Task No_broken_command_line_makes_onetun_print_its_keys(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 200; i++)
        {
            using var key = Key(random);
            var machine = new TestMachine();
            await AssertSilentAsync(machine, key, BrokenLine(machine, Misplaced(Form(key, random), random), random));
        }
    }

    [Theory]
    [InlineData("pubkey")]
    [InlineData("genkey", "KEY")]
    [InlineData("status", "KEY")]
    [InlineData("stdio", "KEY")]
    [InlineData("stdio", "KEY:80")]
    [InlineData("demo", "--port", "KEY")]
    [InlineData("doctor", "KEY")]
    [InlineData("doctor", "--config", "KEY")]
    [InlineData("[diagram]", "KEY")]
    [InlineData("[suggest]", "--private-key", "KEY")]
    [InlineData("KEY")]
    public async Task No_command_prints_a_key_that_it_is_given(params string[] arguments)
    {
        using var key = PrivateKey.Generate();
        await AssertSilentAsync(new TestMachine(), key, [.. arguments.Select(argument => argument.Replace("KEY", key.ToBase64(), StringComparison.Ordinal))]);
    }

    [Fact]
    public void No_log_line_and_no_value_of_one_has_a_key()
    {
        var log = new TestLog();
        using var loggers = new SafeLoggerFactory(log.CreateFactory());
        using var key = PrivateKey.Generate();
        loggers.CreateLogger("onetun").Stopping($"x{key.ToBase64()}", 80);
        Assert.Equal(["(hidden) received, waiting up to 80 s for connections to end"], log.Lines);
        Assert.Equal(["(hidden)", 80.0], Assert.Single(log.Values).SkipLast(1).Select(value => value.Value));
    }

    [Fact]
    public void A_crash_is_one_line_that_says_what_and_where_and_no_key()
    {
        using var key = PrivateKey.Generate();
        var line = "";
        try
        {
            throw new InvalidOperationException($"at '{key.ToBase64()}'\nand more");
        }
        catch (InvalidOperationException error)
        {
            line = CrashReport.Of(new AggregateException(error));
        }

        Assert.Equal(
            "onetun: a fault in onetun: InvalidOperationException: at '(hidden)' and more "
                + $"(in Onetun.Forwarder.Tests.SecretTests.{nameof(A_crash_is_one_line_that_says_what_and_where_and_no_key)})",
            line);
    }

    [Theory]
    [InlineData("PersistentKeepalive")]
    [InlineData("--max-transmission-unit")]
    [InlineData("/etc/wireguard/wg0.conf")]
    [InlineData("gitlab-production-eu.intranet:443")]
    [InlineData("[2001:db8:1234:5678:9abc:def0:1234:5678]:51820")]
    [InlineData("ip-192-168-100-100.eu-central-1.compute.internal")]
    [InlineData("ONETUN_ENDPOINT_PUBLIC_KEY")]
    [InlineData("99999999999999999999")]
    [InlineData("System.Runtime.CompilerServices.AsyncTaskMethodBuilder")]
    public void What_reads_as_words_is_shown(string text) => Assert.Equal(text, SafeText.Of(text));

    [Fact]
    public void A_text_without_secrets_is_not_copied()
    {
        var text = "[[8080:TCP]] Incoming connection from 127.0.0.1:50000\r\n";
        Assert.Same(text, SafeText.Of(text));
    }

    [Theory]
    [InlineData(TestMachine.PrivateKey)]
    [InlineData("dwdtCnMYpX08FsFyUb")]
    [InlineData("77076d0a7318a57d3c16c17251b26645")]
    [InlineData("77076D0A-7318A57D-3C16C172")]
    [InlineData("PrivateKey=dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=")]
    public void What_may_be_of_a_key_is_hidden(string text) => Assert.Equal("'(hidden)'", SafeText.Of($"'{text}'"));

    [Theory]
    [InlineData("/tmp/onetun-Xk2fQ9aZ/wg.pcap", "/tmp/(hidden)/wg.pcap")]
    [InlineData("/dwdtCnMYpX08FsFyUb/JmRd9ML4frwJkqsXf7pR25LCo=", "/(hidden)/(hidden)")]
    public void Of_a_path_only_the_part_that_may_be_of_a_key_is_hidden(string text, string shown) =>
        Assert.Equal(shown, SafeText.Of(text));

    [Fact]
    public async Task Value_of_an_option_that_there_is_not_is_not_repeated()
    {
        using var error = new StringWriter();
        await new CommandLine(new TestMachine().Machine, TextReader.Null, TextWriter.Null, error)
            .RunAsync(["8080:192.168.4.2:80", "--proxy-usr", "u:hunter2"]);
        Assert.Contains("--proxy-usr", error.ToString());
        Assert.DoesNotContain("hunter2", error.ToString());
    }

    [Fact]
    public void What_a_terminal_would_obey_is_not_shown() => Assert.Equal("a?[2Jb", SafeText.Of("a\e[2Jb"));

    private static string BrokenFile(string key, Random random)
    {
        var line = Misplaced(key, random);
        var file = $"[Interface]\n{line}\nAddress = 192.168.4.3/24\n#!onetun 8080:192.168.4.2:80\n"
            + $"[Peer]\nPublicKey = {TestMachine.EndpointKey}\nEndpoint = 140.30.3.182:51820\n";
        return random.Next(8) switch
        {
            0 => file.ReplaceLineEndings("\r"),
            1 => file.ReplaceLineEndings(" "),
            2 => file.ReplaceLineEndings(""),
            3 => file.Replace("]\n", "] ", StringComparison.Ordinal),
            4 => file.Replace(" = ", random.Next(2) == 0 ? ": " : " ", StringComparison.Ordinal),
            5 => file.Replace("[", "", StringComparison.Ordinal),
            6 => $"{line}\n{file}\n{line}",
            _ => file,
        };
    }

    /// <summary>A line of a file that has the key in it, where it should not be or not as it should.</summary>
    private static string Misplaced(string key, Random random)
    {
        string[] names = ["PrivateKey", "Address", "ListenPort", "MTU", "DNS", "PublicKey", "PresharedKey", "Endpoint", "AllowedIPs", "Table", "Nonsense"];
        var name = random.GetItems(names, 1)[0];
        return random.Next(12) switch
        {
            0 => $"{name}{key}",
            1 => $"{name}={key}",
            2 => $"{name} = 10.0.0.1,{key}",
            3 => $"{name} = {key}\n{name} = {key}:51820",
            4 => $"{key} = {name}",
            5 => $"[{key}]",
            6 => $"#!onetun 8080:{key}:80 {key}:8080:h:80 --remote {key} -{key}",
            7 => $"{name} =\n{key}",
            8 => $"{name} = {key[..22]}\n{key[22..]}",
            9 => $"PrivateKey = {key}\nPublicKey = {key}",
            10 => $"{name} = {key}{key}",
            _ => key,
        };
    }

    private static string[] BrokenLine(TestMachine machine, string text, Random random)
    {
        string[] rest = random.Next(2) == 0
            ? ["--check"]
            : ["--check", "8080:192.168.4.2:80", "--endpoint-addr", "140.30.3.182:51820", "--source-peer-ip", "192.168.4.3"];
        var option = random.GetItems(Flags, 1)[0];
        switch (random.Next(7))
        {
            case 0:
                // A file of this name is there as often as not
                machine.Variables[random.GetItems(Variables, 1)[0]] = random.Next(2) == 0 ? text : "file";
                machine.Files["file"] = text;
                return rest;
            case 1:
                machine.Variables["ONETUN_PORT_FORWARD_1"] = machine.Variables["ONETUN_REMOTE_PORT_FORWARD_1"] = text;
                return rest;
            case 2:
                return [.. rest, $"{option}={text}"];
            case 3:
                return [.. rest, $"{option}{text}"];
            case 4:
                return [.. rest, option, text, option, text];
            case 5:
                return [.. rest, text, $"8080:{text}:80", $"unix:/{text}:h:80"];
            default:
                return [.. rest, option, text];
        }
    }

    private static PrivateKey Key(Random random)
    {
        var bytes = new byte[PrivateKey.Size];
        random.NextBytes(bytes);
        return new PrivateKey(bytes);
    }

    /// <summary>A key as it is written somewhere.</summary>
    private static string Form(PrivateKey key, Random random)
    {
        var text = key.ToBase64();
        return random.Next(7) switch
        {
            0 => text.TrimEnd('='),
            1 => $"\"{text}\"",
            2 => text.Replace('+', '-').Replace('/', '_'),
            3 => Convert.ToHexString(Convert.FromBase64String(text)),
            4 => Convert.ToHexStringLower(Convert.FromBase64String(text)),
            5 => $"{text};",
            _ => text,
        };
    }

    private static async Task AssertSilentAsync(TestMachine machine, PrivateKey key, string[] arguments)
    {
        var printed = new StringWriter();
        var line = new CommandLine(machine.Machine, new StringReader($"{key.ToBase64()}x"), printed, printed);
        await line.RunAsync(arguments);
        var base64 = key.ToBase64();
        var hex = Convert.ToHexString(Convert.FromBase64String(base64));
        foreach (var form in new[] { base64, base64.Replace('+', '-').Replace('/', '_'), hex, hex.ToLowerInvariant() })
        {
            for (var at = 0; at + Telling <= form.Length; at++)
            {
                var part = form[at..(at + Telling)];
                Assert.False(
                    printed.ToString().Contains(part, StringComparison.OrdinalIgnoreCase),
                    $"{part} of {base64} in: {printed}\nof: {string.Join(' ', arguments)}\n{machine.Files.GetValueOrDefault("wg0.conf")}");
            }
        }
    }
}
