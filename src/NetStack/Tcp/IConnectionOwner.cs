namespace Onetun.NetStack;

/// <summary>The owner of a connection; called under the lock of the stack's driver.</summary>
internal interface IConnectionOwner
{
    void OnEvents(TcpEvents events);

    /// <summary>The stack ends: written data is still delivered, and nothing more is read.</summary>
    void Close(TimeSpan now);
}
