using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Onetun.Forwarder.Proxies;

/// <summary>
/// A request on its way to its server. After its body the client is watched until the response has ended: one that ends or
/// breaks takes its request with it. What it sends ahead of the response is for the next request, and left.
/// </summary>
internal sealed class RequestReader : MessageReader, IDisposable
{
    private readonly CancellationTokenSource _answered = new();
    private readonly bool _asksToUpgrade;
    private volatile ResponseEnding _ending;

    public RequestReader(PipeReader input, PlainRequest request)
        : base(input)
    {
        Begin(request.Head, request.Body);
        _asksToUpgrade = request.AsksToUpgrade;
    }

    /// <summary>The client has ended its output.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>All of it was sent, and the client may send another.</summary>
    public bool IsComplete => IsBodyDone && !HasEnded;

    /// <summary>What has come of the response.</summary>
    public void Answer(ResponseEnding ending)
    {
        _ending = ending;
        _answered.Cancel();
    }

    public void Dispose() => _answered.Dispose();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<ReadResult> ReadBehindHeadAsync()
    {
        while (true)
        {
            var ending = _ending;
            if (ending == ResponseEnding.Closed || (ending == ResponseEnding.Kept && IsBodyDone))
            {
                return Ended; // What is left of a body whose response has ended belongs to nobody
            }

            if (ending == ResponseEnding.Upgraded && IsBodyDone)
            {
                Body = MessageBody.ToTheEnd();
            }

            try
            {
                var answered = ending == ResponseEnding.None ? _answered.Token : CancellationToken.None;
                return IsBodyDone
                    ? await WatchAsync(answered).ConfigureAwait(false)
                    : await ReadBodyAsync(answered).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_ending != ending)
            {
                // The response has come to something.
            }
        }
    }

    protected override void OnEnded() => HasEnded = true;

    private async ValueTask<ReadResult> WatchAsync(CancellationToken answered)
    {
        var read = await Source.ReadAsync(answered).ConfigureAwait(false);
        Source.AdvanceTo(read.Buffer.Start);
        if (read.Buffer.IsEmpty && read.IsCompleted)
        {
            OnEnded();
        }
        else if (!read.IsCanceled && _asksToUpgrade)
        {
            // It may still turn out to be for this server.
            await Task.Delay(Timeout.InfiniteTimeSpan, answered).ConfigureAwait(false);
        }

        return new ReadResult(default, read.IsCanceled, isCompleted: true);
    }
}
