namespace Onetun.NetStack;

/// <summary>
/// Hashes flows with a secret, so that a remote host cannot choose ports that all fall into one bucket of a flow table.
/// </summary>
internal sealed class FlowKeyComparer(ulong seed0, ulong seed1) : IEqualityComparer<FlowKey>
{
    private readonly ulong _seed0 = seed0;
    private readonly ulong _seed1 = seed1;

    public bool Equals(FlowKey x, FlowKey y) =>
        x.LocalPort == y.LocalPort && x.RemotePort == y.RemotePort && x.Remote == y.Remote && x.Local == y.Local;

    public int GetHashCode(FlowKey obj)
    {
        var ports = ((ulong)obj.LocalPort << 16) | obj.RemotePort;
        var low = Mix(obj.Remote.Low ^ _seed0, obj.Local.Low ^ _seed1);
        var high = Mix(obj.Remote.High ^ _seed1, obj.Local.High ^ _seed0);
        return (int)Mix(low ^ ports ^ _seed0, high ^ _seed1);
    }

    // Folds the two halves of a 128-bit product: every input bit affects every output bit
    private static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
