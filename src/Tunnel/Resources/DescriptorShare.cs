using System.Net;

namespace Onetun.Tunnel.Resources;

/// <summary>What one listener has of a <see cref="DescriptorBudget"/>.</summary>
internal sealed class DescriptorShare(DescriptorBudget budget) : IDisposable
{
    /// <summary>What it holds; the budget's to change.</summary>
    internal int Used { get; set; }

    /// <summary>Takes one if there is one. The address is for the log.</summary>
    public bool TryTake(EndPoint source) => budget.TryTake(this, source);

    /// <summary>Takes one as soon as there is one. The address is for the log.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled before, and nothing is taken.</exception>
    public ValueTask TakeAsync(EndPoint source, CancellationToken cancellationToken) =>
        budget.TakeAsync(this, source, cancellationToken);

    /// <summary>Gives one back.</summary>
    public void Release() => budget.Release(this);

    /// <summary>Gives back all that it holds.</summary>
    public void Dispose() => budget.Close(this);
}
