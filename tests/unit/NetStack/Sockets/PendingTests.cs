namespace Onetun.NetStack.Tests;

/// <summary>A read or a flush that waits ends in what there is by then.</summary>
public sealed class PendingTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly MemoryDriver _driver;
    private readonly MemoryDriver _other;

    public PendingTests() => (_driver, _other) = MemoryDriver.Pair();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _driver.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task It_ends_in_what_there_is_when_it_is_woken()
    {
        var there = 0;
        var pending = new Pending<int>(_driver, new Owner<int>(_ => there));
        var waiting = Begin(pending, CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        there = 7;
        pending.Wake();
        Assert.Equal(7, await waiting.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task It_looks_when_it_is_cancelled_and_knows_that_it_was()
    {
        using var source = new CancellationTokenSource();
        var pending = new Pending<bool>(_driver, new Owner<bool>(token => token.IsCancellationRequested));
        var waiting = Begin(pending, source.Token);
        await source.CancelAsync();
        Assert.True(await waiting.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void One_may_wait_at_a_time()
    {
        var pending = new Pending<int>(_driver, new Owner<int>(_ => 0));
        _ = Begin(pending, CancellationToken.None);
        Assert.Throws<InvalidOperationException>(() => { _ = Begin(pending, CancellationToken.None); });
    }

    private Task<T> Begin<T>(Pending<T> pending, CancellationToken cancellationToken)
    {
        short version;
        lock (_driver.Lock)
        {
            version = pending.Arm(cancellationToken);
        }

        return pending.Begin(version, cancellationToken).AsTask();
    }

    private sealed class Owner<T>(Func<CancellationToken, T> finish) : IPendingOwner<T>
    {
        public T Finish(CancellationToken cancellationToken) => finish(cancellationToken);
    }
}
