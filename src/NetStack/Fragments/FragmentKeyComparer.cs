namespace Onetun.NetStack;

/// <summary>Hashes keys like flows, with the same secret; an identification is as long as two ports.</summary>
internal sealed class FragmentKeyComparer(FlowKeyComparer flows) : IEqualityComparer<FragmentKey>
{
    private readonly FlowKeyComparer _flows = flows;

    public bool Equals(FragmentKey x, FragmentKey y) => x == y;

    // In IPv4 the upper half of the identification is unused, and makes room for the protocol
    public int GetHashCode(FragmentKey obj) => _flows.GetHashCode(new FlowKey(
        obj.Destination, obj.Source, (ushort)((obj.Identification >> 16) + obj.Protocol), (ushort)obj.Identification));
}
