namespace Onetun.NetStack;

/// <summary>Hashes as flows are hashed, under their secret; an identification is as long as two ports.</summary>
internal sealed class FragmentKeyComparer(FlowKeyComparer flows) : IEqualityComparer<FragmentKey>
{
    private readonly FlowKeyComparer _flows = flows;

    public bool Equals(FragmentKey x, FragmentKey y) => x == y;

    // The upper half of the identification is free in IPv4, where the protocol counts
    public int GetHashCode(FragmentKey obj) => _flows.GetHashCode(new FlowKey(
        obj.Destination, obj.Source, (ushort)((obj.Identification >> 16) + obj.Protocol), (ushort)obj.Identification));
}
