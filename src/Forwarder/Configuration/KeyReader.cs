using Onetun.Forwarder.Common;
using Onetun.Tunnel.Text;
using Onetun.Tunnel.WgQuick;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads the keys, and warns where others may read them too. No fault or warning quotes a key.</summary>
internal sealed class KeyReader(Settings settings, Machine machine, FaultList faults, List<string> warnings)
{
    private string? _privateKey;

    public PrivateKey? ReadPrivateKey()
    {
        var (key, file) = (settings[Options.PrivateKey], settings[Options.PrivateKeyFile]);
        if (key.IsPresent && file.IsPresent && key.Source == file.Source)
        {
            if (key.Source == SettingSource.CommandLine)
            {
                faults.Usage("The argument --private-key cannot be used with --private-key-file");
            }
            else
            {
                faults.Configuration("ONETUN_PRIVATE_KEY and ONETUN_PRIVATE_KEY_FILE are both set: give one of them");
            }

            return null;
        }

        // The command line overrides the environment.
        var isFile = file.IsPresent && file.Source > key.Source;
        var text = isFile ? ReadFile(file.Value!) : ReadText(key);
        if (text is null)
        {
            return null;
        }

        _privateKey = text;
        if (!PrivateKey.TryParse(text, out var parsed))
        {
            var message = $"Invalid private key: Failed to decode private key: {KeyFault.Describe(text)}";
            faults.Value(isFile ? default : key, message);
        }

        return parsed;
    }

    public PublicKey? ReadPublicKey(PeerSettings peer)
    {
        var setting = peer[Options.EndpointPublicKey];
        if (setting.Value is not { } text)
        {
            if (peer.Name.Length == 0)
            {
                faults.Missing(Options.EndpointPublicKey, settings.TunnelFile);
            }
            else
            {
                faults.Configuration($"Missing PublicKey in {peer.Name} of {settings.TunnelFile}");
            }

            return null;
        }

        if (WgQuickValues.TryReadPublicKey(text, _privateKey, peer[Options.PresharedKey].Value, out var key, out var reason))
        {
            return key;
        }

        faults.Value(setting, $"Invalid endpoint public key: {reason}");
        return null;
    }

    public PresharedKey? ReadPresharedKey(PeerSettings peer)
    {
        var setting = peer[Options.PresharedKey];
        if (setting.Value is not { } text)
        {
            return null;
        }

        if (setting.Source == SettingSource.CommandLine)
        {
            warnings.Add("Preshared key was passed using CLI. This is insecure. Use --config <file>, or the "
                + "\"ONETUN_PRESHARED_KEY\" env variable instead.");
        }

        if (!PresharedKey.TryParse(text, out var key))
        {
            var message = $"Invalid preshared key: Failed to decode preshared key: {KeyFault.Describe(text)}";
            faults.Value(setting, message);
        }

        return key;
    }

    private string? ReadText(Setting key)
    {
        switch (key.Source)
        {
            case SettingSource.Absent when settings.TunnelFile is { } file:
                faults.Missing(Options.PrivateKey, file);
                break;
            case SettingSource.Absent:
                faults.Configuration(
                    "Missing private key: give --private-key-file or ONETUN_PRIVATE_KEY ('onetun genkey' makes one)");
                break;
            case SettingSource.File when key.File is { } path:
                WarnOfReaders(path);
                break;
            case SettingSource.CommandLine:
                warnings.Add("Private key was passed using CLI. This is insecure. Use \"--private-key-file "
                    + "<file containing private key>\", or the \"ONETUN_PRIVATE_KEY\" env variable instead.");
                break;
        }

        return key.Value;
    }

    private string? ReadFile(string path)
    {
        if (machine.TryReadFile(path, out var text, out var reason))
        {
            WarnOfReaders(path);
            return text.Trim();
        }

        faults.Configuration($"Failed to read private key file: {reason}");
        return null;
    }

    private void WarnOfReaders(string path)
    {
        if (FileReaders.Warn(machine, "Private key", path) is { } warning)
        {
            warnings.Add(warning);
        }
    }
}
