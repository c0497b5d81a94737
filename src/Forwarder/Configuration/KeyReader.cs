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
        var text = file.IsPresent && file.Source >= key.Source ? ReadFile(file.Value!) : ReadText(key);
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

    public PublicKey? ReadEndpointPublicKey()
    {
        if (!faults.Require(settings.EndpointPublicKey, "--endpoint-public-key (or ONETUN_ENDPOINT_PUBLIC_KEY)", out var text))
        {
            return null;
        }

        if (!PublicKey.TryParse(text, out var key))
        {
            faults.Configuration("Invalid endpoint public key");
            return null;
        }

        return key;
    }

    public PresharedKey? ReadPresharedKey()
    {
        if (settings.PresharedKey.Value is not { } text)
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
        if (key.Value is null)
        {
            faults.Configuration("Missing private key: give --private-key-file or ONETUN_PRIVATE_KEY ('onetun genkey' makes one)");
        }

        if (key.Source == SettingSource.CommandLine)
        {
            warnings.Add("Private key was passed using CLI. This is insecure. Use \"--private-key-file <file containing private key>\", "
                + "or the \"ONETUN_PRIVATE_KEY\" env variable instead.");
        }

        return key.Value;
    }

    private string? ReadFile(string path)
    {
        try
        {
            var text = machine.ReadFile(path).Trim();
            WarnOfReaders(path);
            return text;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            faults.Configuration($"Failed to read private key file: {error.Message}");
            return null;
        }
    }

    private void WarnOfReaders(string path)
    {
        if (machine.FileMode(path) is not { } mode)
        {
            return;
        }

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
