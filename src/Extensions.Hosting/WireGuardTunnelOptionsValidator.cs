using Microsoft.Extensions.Options;

namespace Onetun.Extensions.Hosting;

/// <summary>Says all that is wrong with the options of one tunnel.</summary>
internal sealed class WireGuardTunnelOptionsValidator(string name, string path) : IValidateOptions<WireGuardTunnelOptions>
{
    public ValidateOptionsResult Validate(string? optionsName, WireGuardTunnelOptions options)
    {
        if (optionsName != name)
        {
            return ValidateOptionsResult.Skip;
        }

        var reader = new TunnelOptionsReader(path);
        using var key = reader.Read(options)?.PrivateKey;
        return reader.Faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(reader.Faults);
    }
}
