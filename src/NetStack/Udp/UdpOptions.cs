namespace Onetun.NetStack;

/// <summary>The bounds of a stack's UDP. A value out of range throws <see cref="ArgumentOutOfRangeException"/> where it is set.</summary>
public sealed record UdpOptions
{
    /// <summary>Flows at once; not negative. Default 65,536.</summary>
    public int MaxFlows
    {
        get;
        init => field = OptionRange.AtLeast(0, value);
    } = 65_536;

    /// <summary>Unread datagrams of one flow, or of one <see cref="UdpPort"/>, bytes; not negative. Default 256 KiB. Beyond it the newest is dropped.</summary>
    public int ReceiveBuffer
    {
        get;
        init => field = OptionRange.AtLeast(0, value);
    } = 256 * 1024;

    /// <summary>
    /// Unread datagrams of all flows and ports, bytes; not negative. Default 64 MiB, or 256 flows that nobody reads. Beyond it the newest is
    /// dropped.
    /// </summary>
    public int ReceiveMemory
    {
        get;
        init => field = OptionRange.AtLeast(0, value);
    } = 64 * 1024 * 1024;

    /// <summary>Flows that a listener holds until they are accepted; at least 1. Default 1,024. Datagrams of more are dropped.</summary>
    public int Backlog
    {
        get;
        init => field = OptionRange.AtLeast(1, value);
    } = 1024;
}
