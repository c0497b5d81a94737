using System.Text;

namespace Onetun.Forwarder.Tests;

/// <summary>A standard error that can be stuck or broken.</summary>
internal sealed class TestOutput : IDisposable
{
    private readonly ManualResetEventSlim _isFree = new(true);
    private readonly SemaphoreSlim _calls = new(0);
    private readonly List<string> _writes = [];

    /// <summary>What each write throws.</summary>
    public IOException? Failure { get; set; }

    public string[] Writes
    {
        get
        {
            lock (_writes)
            {
                return [.. _writes];
            }
        }
    }

    public string[] Lines =>
        string.Concat(Writes).Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    public void Block() => _isFree.Reset();

    public void Release() => _isFree.Set();

    /// <summary>Waits until another write has begun.</summary>
    public void WaitForCall() => Xunit.Assert.True(_calls.Wait(TimeSpan.FromSeconds(30)));

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _calls.Release();
        _isFree.Wait();
        if (Failure is not null)
        {
            throw Failure;
        }

        lock (_writes)
        {
            _writes.Add(Encoding.UTF8.GetString(bytes));
        }
    }

    public void Dispose()
    {
        _isFree.Set();
        _calls.Dispose();
    }
}
