using Onetun.WireGuard;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads the keys, and warns where others may read them too. No fault or warning quotes a key.</summary>
internal sealed class KeyReader(Settings settings, Machine machine, FaultList faults, List<string> warnings)
{
    public PrivateKey? ReadPrivateKey()
    {
        var (key, file) = (settings.PrivateKey, settings.PrivateKeyFile);
        if (key.IsPresent && file.IsPresent && key.Source == file.Source)
        {
            faults.Usage("The argument --private-key cannot be used with --private-key-file");
            return null;
        }

        // .. the command line overrides the environment
        var text = file.IsPresent && file.Source > key.Source ? ReadFile(file.Value!) : ReadText(key);
        if (text is null)
        {
            return null;
        }

        if (!PrivateKey.TryParse(text, out var parsed))
        {
            faults.Configuration("Invalid private key: Failed to decode private key");
        }

        return parsed;
    }

    public PublicKey? ReadPublicKey(PeerSettings peer)
    {
        if (peer.PublicKey.Value is not { } text)
        {
            if (peer.Name.Length == 0)
            {
                faults.Usage("Missing --endpoint-public-key (or ONETUN_ENDPOINT_PUBLIC_KEY)");
            }
            else
            {
                faults.Configuration($"{peer.Name} has no PublicKey");
            }

            return null;
        }

        if (!PublicKey.TryParse(text, out var key))
        {
            faults.Configuration("Invalid endpoint public key");
            return null;
        }

        return key;
    }

    public PresharedKey? ReadPresharedKey(PeerSettings peer)
    {
        if (peer.PresharedKey.Value is not { } text)
        {
            return null;
        }

        if (!PresharedKey.TryParse(text, out var key))
        {
            faults.Configuration("Invalid preshared key: Failed to decode preshared key");
        }

        return key;
    }

    private string? ReadText(Setting key)
    {
        switch (key.Source)
        {
            case SettingSource.Absent:
                faults.Configuration(
                    "Missing private key: give --private-key-file or ONETUN_PRIVATE_KEY ('onetun genkey' makes one)");
                break;
            case SettingSource.File:
                WarnOfReaders(settings.Config.Value!);
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
        var mode = machine.FileMode(path) ?? UnixFileMode.None;
        if (mode.HasFlag(UnixFileMode.GroupRead))
        {
            warnings.Add("Private key file is group-readable. This is insecure.");
        }

        if (mode.HasFlag(UnixFileMode.OtherRead))
        {
            warnings.Add("Private key file is world-readable. This is insecure.");
        }
    }
}
