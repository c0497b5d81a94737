using System.Net.Sockets;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Proxies;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Configuration;

/// <summary>
/// What the sections of a file of wireproxy open, in our own words. What onetun does otherwise is a warning; a fault where
/// less would be protected, or something would be missing.
/// </summary>
internal sealed class WireproxyServices
{
    private readonly Machine _machine;
    private readonly FaultList _faults;
    private readonly List<string> _warnings;
    private int _longestTimeout;

    private WireproxyServices(Machine machine, FaultList faults, List<string> warnings) =>
        (_machine, _faults, _warnings) = (machine, faults, warnings);

    public List<Setting> PortForwards { get; } = [];

    public List<Setting> RemotePortForwards { get; } = [];

    public List<ProxySettings> Proxies { get; } = [];

    /// <summary>What standard input and output are carried to.</summary>
    public Setting Stdio { get; private set; }

    /// <summary>Whether anything is asked for, even if it cannot be had.</summary>
    public bool IsAny { get; private set; }

    /// <summary>The longest of those given: one holds for all forwards.</summary>
    public Setting UdpTimeout { get; private set; }

    public static WireproxyServices Of(
        IEnumerable<WireproxySection> sections, Machine machine, FaultList faults, List<string> warnings)
    {
        var services = new WireproxyServices(machine, faults, warnings);
        foreach (var section in sections)
        {
            section.Kind.Read(services, section);
            services.IsAny |= section.Kind.IsService;
        }

        return services;
    }

    public void AddForward(WireproxySection section, string protocol)
    {
        if (ReadBindAddress(section) is { Value: var source } && ReadTarget(section) is { Value: var target })
        {
            PortForwards.Add(new Setting($"{source}:{target}:{protocol}", SettingSource.File, section.Place));
        }
    }

    public void AddDatagrams(WireproxySection section)
    {
        AddForward(section, "UDP");
        var timeout = section[WireproxyKind.Timeout];
        if (timeout.Value is null or "0")
        {
            _warnings.Add($"{section.Place}: {section.Name} without an {WireproxyKind.Timeout} keeps the port of a client for "
                + $"{Options.UdpTimeout.Name} ({Options.UdpTimeout.Default} s unless given), not for good.");
        }
        else
        {
            var failure = $"Invalid {WireproxyKind.Timeout}:";
            var seconds = NumberReader.Read(timeout, 1, Effects.LongestTime, failure, _faults, " seconds");
            (UdpTimeout, _longestTimeout) = seconds > _longestTimeout ? (timeout, seconds.Value) : (UdpTimeout, _longestTimeout);
        }
    }

    public void AddRemote(WireproxySection section)
    {
        var port = Require(section, WireproxyKind.ListenPort);
        if (port is { Value: { } text } setting && !HostText.TryParsePort(text, 0, out _, out var reason))
        {
            _faults.Value(setting, $"Invalid {WireproxyKind.ListenPort}: {reason}");
            port = null;
        }

        if (ReadTarget(section) is { Value: var target } && port is { Value: var source })
        {
            RemotePortForwards.Add(new Setting($"*:{source}:{target}", SettingSource.File, section.Place));
        }
    }

    public void AddStdio(WireproxySection section)
    {
        if (Stdio.IsPresent)
        {
            _faults.Configuration(
                $"{section.Place}: there is more than one {section.Name}, but standard input and output go to one place");
        }
        else if (ReadTarget(section) is { } target)
        {
            Stdio = target;
            if (HostText.TryParseHostAndPort(target.Value!, 1, out var host, out _) && OutsideFault.Of(host) is { } fault)
            {
                _faults.Value(target, $"Invalid {WireproxyKind.Target}: {fault}");
            }
        }
    }

    public void AddHttp(WireproxySection section)
    {
        // Without TLS, what it was meant to hide would be in the clear.
        var setting = section[WireproxyKind.CertFile].Over(section[WireproxyKind.KeyFile]);
        if (setting.IsPresent)
        {
            _faults.Value(setting, $"{section.Name} cannot have {WireproxyKind.CertFile} and {WireproxyKind.KeyFile}, as this proxy "
                + "does not speak TLS: take them out and let it listen on 127.0.0.1, behind a server that does TLS if need be");
        }

        if (section[WireproxyKind.Username] is { Value: { } user } named && user.Contains(':'))
        {
            // RFC 7617 §2
            _faults.Value(named, $"Invalid {WireproxyKind.Username}: it has a colon, which ends the name in HTTP");
        }

        AddProxy(section, ProxyKind.HttpAlone);
    }

    public void AddProxy(WireproxySection section, ProxyKind kind)
    {
        var (user, password) = (section[WireproxyKind.Username], section[WireproxyKind.Password]);
        ProxyCredentials? credentials = null;
        if (user.IsPresent != password.IsPresent)
        {
            var (given, missing) = user.IsPresent ? (user, WireproxyKind.Password) : (password, WireproxyKind.Username);
            _faults.Value(given, $"{section.Name} has no {missing} to go with it: a proxy asks for both, or for neither");
        }
        else if (user.IsPresent && !ProxyCredentials.TryCreate(user.Value!, password.Value!, out credentials))
        {
            _faults.Value(user, $"{WireproxyKind.Username} and {WireproxyKind.Password} must have at most 255 bytes each");
        }

        WarnOfReaders(password);
        if (ReadBindAddress(section) is { } source)
        {
            Proxies.Add(new ProxySettings(kind, source, credentials));
        }
    }

    public void WarnOfStrategy(WireproxySection section)
    {
        var strategy = section[WireproxyKind.Strategy];
        if (strategy.IsPresent && !strategy.Value!.Equals("auto", StringComparison.OrdinalIgnoreCase))
        {
            _warnings.Add(strategy.Locate($"{WireproxyKind.Strategy} is ignored: the addresses of a name are tried in turn, of both "
                + "IP versions if we have an address of each."));
        }
    }

    public void Refuse(WireproxySection section) =>
        _faults.Configuration($"{section.Place}: {section.Name} cannot be had: {section.Kind.Refusal}");

    /// <summary>Without a host it is every address, as Go has it.</summary>
    private Setting? ReadBindAddress(WireproxySection section)
    {
        if (Require(section, WireproxyKind.BindAddress) is not { Value: { } text } setting)
        {
            return null;
        }

        var host = text[0] != ':' ? "" : Socket.OSSupportsIPv6 ? "[::]" : "0.0.0.0";
        return Check(WireproxyKind.BindAddress, setting with { Value = $"{host}{text}" }, 0);
    }

    private Setting? ReadTarget(WireproxySection section) =>
        Require(section, WireproxyKind.Target) is { } setting ? Check(WireproxyKind.Target, setting, 1) : null;

    private Setting? Require(WireproxySection section, string key)
    {
        if (section[key] is { IsPresent: true } setting)
        {
            return setting;
        }

        _faults.Configuration($"{section.Place}: {section.Name} has no {key}");
        return null;
    }

    private Setting? Check(string key, Setting setting, int lowestPort)
    {
        if (HostText.TryParseHostAndPort(setting.Value!, lowestPort, out _, out _, out var reason))
        {
            return setting;
        }

        _faults.Value(setting, $"Invalid {key}: {reason}");
        return null;
    }

    private void WarnOfReaders(Setting password)
    {
        if (password.File is { } path && FileReaders.Warn(_machine, "Proxy password", path) is { } warning
            && !_warnings.Contains(warning))
        {
            _warnings.Add(warning);
        }
    }
}
