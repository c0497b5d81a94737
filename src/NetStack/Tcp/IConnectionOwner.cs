namespace Onetun.NetStack;

/// <summary>Whoever a connection is for; called where the stack is driven.</summary>
internal interface IConnectionOwner
{
    void OnEvents(TcpEvents events);

    /// <summary>The stack ends: what was written is delivered, and nothing is read any more.</summary>
    void Close(TimeSpan now);
}
