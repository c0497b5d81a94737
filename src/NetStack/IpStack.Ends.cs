namespace Onetun.NetStack;

/// <summary>The addresses and ports that our end of something may have.</summary>
public sealed partial class IpStack
{
    /// <summary>What a port of one or all addresses sends to a host from; null if that is of another IP version.</summary>
    internal IpAddress? SourceFor(IpAddress remote, IpAddress port) =>
        !port.IsUnspecified ? (port.IsIPv4 == remote.IsIPv4 ? port : null)
        : _sources.TryFind(remote, out var local) ? local : null;

    /// <summary>Whether a flow, or its other end if that is ours too, is in use; one that is its own other end counts as such.</summary>
    private bool IsTaken(FlowKey flow) =>
        _connections.ContainsKey(flow) || flow == flow.Reversed || _connections.ContainsKey(flow.Reversed);
}
