namespace Onetun.NetStack;

/// <summary>What a waiting read or flush belongs to.</summary>
internal interface IPendingOwner<out T>
{
    /// <summary>The result of a wait that was woken, under the lock; the token is that of the wait.</summary>
    T Finish(CancellationToken cancellationToken);
}
