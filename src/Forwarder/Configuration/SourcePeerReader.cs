using Onetun.NetStack;
using Onetun.Tunnel.WgQuick;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads our own addresses: one, as in the original, or more, with prefix lengths or without.</summary>
internal sealed class SourcePeerReader(Settings settings, FaultList faults)
{
    private const string Failure = "Invalid source peer IP";

    private readonly Setting _setting = settings[Options.SourcePeerIp];
    private readonly List<InterfaceAddress> _addresses = [];

    public IReadOnlyList<InterfaceAddress> Read()
    {
        if (!_setting.IsPresent)
        {
            faults.Missing(Options.SourcePeerIp, settings.TunnelFile);
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
        if (WgQuickValues.TryReadAddress(item, out var address, out var reason))
        {
            _addresses.Add(address);
        }
        else
        {
            faults.Value(_setting, $"{Failure}: {reason}");
        }
    }
}
