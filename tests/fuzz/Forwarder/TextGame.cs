using System.Net;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;
using Onetun.Tunnel.Text;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.Forwarder;

/// <summary>All that people write: each reader takes it or says what is wrong, and says nothing of secrets.</summary>
internal sealed class TextGame : Game
{
    /// <summary>So much of a key in a message is too much.</summary>
    private const int SecretPart = 16;

    public override void Step(Dice dice)
    {
        for (var i = 0; i < 8; i++)
        {
            var text = TextForge.Phrase(dice);
            Inputs++;
            Story?.Add($"  {text}");
            ReadForward(text);
            ReadPrefix(text);
            ReadHost(text);
            var hasUser = ProxyCredentials.TryParse(text, out var user);
            Require(!hasUser || user is not null, "credentials that are read are there");
        }

        ReadFilter(TextForge.Phrase(dice)); // a hundred times as dear as the others: it makes a regular expression
        ReadAll(dice);
    }

    private static void ReadForward(string text)
    {
        if (!PortForward.TryParse(text, out var forward, out var error))
        {
            Require(error.Position >= 0 && error.Position + error.Length <= text.Length, "a fault lies in its text");
            error.Explain(text);
            return;
        }

        Require(forward.SourcePort is >= 0 and <= 65535 && forward.DestinationPort is >= 1 and <= 65535, "a port is a port");
        Require(forward.DestinationHost.Length > 0 && forward.Protocols != Protocols.None, "a forward goes somewhere");
    }

    private static void ReadPrefix(string text)
    {
        if (PrefixText.TryParse(text, out var network, out var address))
        {
            // IPNetwork takes an IPv4-mapped address for the IPv4 one, which is in no prefix of IPv6
            Require(address.IsIPv4MappedToIPv6 || network.Contains(address), "an address is in its prefix");
            var isOne = PrefixText.TryParse($"{network}", out var again, out _);
            Require(isOne && again == network, "a prefix printed is the same again");
        }
    }

    private static void ReadHost(string text)
    {
        if (HostText.TryParseHostAndPort(text, 0, out var host, out var port))
        {
            var printed = $"{NamedEndPoint.Of(host, port)}";
            Require(
                HostText.TryParseHostAndPort(printed, 0, out var again, out var samePort) && samePort == port
                    && NamedEndPoint.Of(again, port).Equals(NamedEndPoint.Of(host, port)),
                "a host printed is the same again");
        }
    }

    private static void ReadFilter(string text)
    {
        if (LogFilter.TryParse(text, out var filter, out var fault))
        {
            filter.Allows("onetun::tunnel", LogLevel.Debug);
            filter.Matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");
        }
        else
        {
            Require(fault.Length > 0, "a fault has words");
        }
    }

    /// <summary>A file, and settings from elsewhere over it.</summary>
    private void ReadAll(Dice dice)
    {
        var (text, other) = (TextForge.File(dice), TextForge.File(dice));
        var machine = new Machine()
        {
            Variable = name => name == "SECRET" ? TextForge.Secret : null,
            Variables = () => [],
            ReadFile = path => path switch
            {
                "wg0.conf" => text,
                "other.conf" => other,
                _ => throw new FileNotFoundException(path),
            },
            FileMode = _ => null,
            IsRoot = false,
            Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
        };
        Setting Maybe() => dice.OneIn(20) ? new Setting(TextForge.Phrase(dice), SettingSource.CommandLine) : default;
        var file = new Setting("wg0.conf", SettingSource.CommandLine);
        var settings = Settings.Of(Options.All, option => option == Options.Config ? file : Maybe()) with
        {
            PortForwards = dice.OneIn(2) ? [] : [new Setting(TextForge.Phrase(dice), SettingSource.CommandLine)],
            NeedsForwards = dice.OneIn(2),
        };
        Inputs++;
        Story?.Add($"  {text.ReplaceLineEndings("\n  ")}");
        Story?.Add($"  other.conf: {other.ReplaceLineEndings("\n  ")}");
        (var configuration, var faults) =
            Completed.ResultOf(ConfigurationReader.ReadAsync(settings, machine));
        Require((configuration is null) == (faults.Count > 0), "there is a configuration, or there are faults");
        foreach (var fault in faults)
        {
            Story?.Add($"  fault: {fault.Message}");
            Require(!ShowsSecret(fault.Message) && !ShowsSecret(fault.Advice ?? ""), "no fault shows a key");
        }

        foreach (var warning in configuration?.Warnings ?? [])
        {
            Require(!ShowsSecret(warning), "no warning shows a key");
        }

        configuration?.Tunnel.PrivateKey.Dispose();
        ReadAlone(text);
    }

    /// <summary>A file as the library has it, by itself.</summary>
    private static void ReadAlone(string text)
    {
        using var configuration = WgQuickConfiguration.TryParse(text, out var read, out var faults) ? read : null;
        Require((configuration is null) == (faults.Count > 0), "a file is read, or there are faults");
        Require(!faults.Any(fault => ShowsSecret(fault.Message)), "no fault of a file shows a key");
        Require(configuration?.Warnings.Any(ShowsSecret) is not true, "no warning of a file shows a key");
    }

    private static bool ShowsSecret(string text)
    {
        for (var i = 0; i + SecretPart <= TextForge.Secret.Length; i++)
        {
            if (text.Contains(TextForge.Secret.Substring(i, SecretPart), StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
