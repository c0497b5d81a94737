using System.Net;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads our own addresses: one, as in the original, or one of each family; a file may have more.</summary>
internal sealed class SourcePeerReader(Settings settings, FaultList faults)
{
    private const string Failure = "Invalid source peer IP";

    private readonly Setting _setting = settings.SourcePeerIp;
    private readonly List<IPAddress> _addresses = [];

    public IReadOnlyList<IPAddress> Read()
    {
        if (!_setting.IsPresent)
        {
            faults.Usage("Missing --source-peer-ip (or ONETUN_SOURCE_PEER_IP)");
            return _addresses;
        }

        var items = _setting.Items;
        if (items.Length == 0)
        {
            faults.Value(_setting, $"{Failure}: it is empty");
        }

        foreach (var item in items)
        {
            Read(item);
        }

        return _addresses;
    }

    private void Read(string item)
    {
        var isFile = _setting.Source == SettingSource.File;
        if (!PrefixText.TryParse(item, out _, out var address) || (!isFile && item.Contains('/')))
        {
            var hint = item.Contains('/') && !isFile ? " (without a prefix length)" : "";
            faults.Value(_setting, $"{Failure}: '{item}' is not an IP address{hint}");
        }
        else if (AddressFault.OfOurs(address) is { } reason)
        {
            faults.Value(_setting, $"{Failure}: {address} {reason}");
        }
        else if (!isFile && _addresses.Find(other => other.AddressFamily == address.AddressFamily) is { } other)
        {
            faults.Value(_setting, $"{Failure}: {other} and {address} are of one IP version, of which one is enough");
        }
        else
        {
            _addresses.Add(address);
        }
    }
}
