namespace Onetun.NetStack;

/// <summary>The addresses and ports that our end of something may have.</summary>
public sealed partial class IpStack
{
    /// <summary>Whether a flow, or its other end if that is ours too, is in use; one that is its own other end counts as such.</summary>
    private bool IsTaken(FlowKey flow) =>
        _connections.ContainsKey(flow) || flow == flow.Reversed || _connections.ContainsKey(flow.Reversed);
}
