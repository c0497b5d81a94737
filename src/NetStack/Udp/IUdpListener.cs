namespace Onetun.NetStack;

/// <summary>Who has a port of ours, and gets what new senders send there.</summary>
internal interface IUdpListener
{
    ListenEnd End { get; }

    /// <summary>Wakes whoever waits for it.</summary>
    Signal? Signal { get; }
}
