namespace Onetun.Forwarder.Control;

/// <summary>The process that has the sessions that another wants.</summary>
/// <param name="Pid">0 if it has not said yet.</param>
/// <param name="Gate">Its socket, where it may be asked for connections; empty if it has not said yet.</param>
internal sealed record SessionHolder(int Pid, string Gate)
{
    public static SessionHolder Unknown { get; } = new(0, "");

    /// <summary>What people are told of it.</summary>
    public override string ToString() => Pid == 0 ? "Another process" : $"Process {Pid}";
}
