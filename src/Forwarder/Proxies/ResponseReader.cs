using System.IO.Pipelines;
using Onetun.Forwarder.Http;

namespace Onetun.Forwarder.Proxies;

/// <summary>
/// The response to a request on its way to the client, which is told whether its connection stays open: one that believes it
/// does, and is wrong, sends its next request to nobody (RFC 9112 §9.6).
/// </summary>
/// <param name="input">From the server.</param>
/// <param name="request">What it answers.</param>
/// <param name="isFirst">No other request was sent on the connection to the server.</param>
/// <param name="upgraded">Told when the server goes on in another protocol.</param>
internal sealed class ResponseReader(PipeReader input, PlainRequest request, bool isFirst, Action upgraded) : MessageReader(input)
{
    // It has to fit into 65,535 bytes, the largest window that we have for a peer that does not scale windows.
    private const int LongestHead = 60 * 1024;

    private ResponseEnding _ending;
    private bool _hasContinued;

    /// <summary>All of it has come.</summary>
    public bool IsComplete => IsBodyDone;

    /// <summary>What is to become of the client's connection, now that the response has ended.</summary>
    public ResponseEnding Ending => _ending == ResponseEnding.Kept && !IsComplete ? ResponseEnding.Closed : _ending;

    protected override ValueTask<ReadResult> ReadBehindHeadAsync() =>
        IsBodyDone ? ValueTask.FromResult(Ended) : Body is null ? ReadHeadAsync() : ReadBodyAsync(CancellationToken.None);

    protected override void OnEnded()
    {
        // IsComplete says so.
    }

    private async ValueTask<ReadResult> ReadHeadAsync()
    {
        var (outcome, bytes) = await Source.ReadResponseHeadAsync(LongestHead, CancellationToken.None).ConfigureAwait(false);
        var head = outcome == HeadOutcome.Whole ? ResponseHead.Parse(bytes) : null;
        if (outcome == HeadOutcome.None && !isFirst)
        {
            // The server ended the connection while the request was on its way. The client sees what it would without us, and
            // knows better than we do whether its request may be sent again (RFC 9112 §9.3.1).
            _ending = ResponseEnding.Closed;
            return Ended;
        }

        if (head is null || (head.Status == 101 && !request.AsksToUpgrade) || MessageBody.Of(head, request.Method) is not { } body)
        {
            return Refuse(outcome switch
            {
                HeadOutcome.None => "ended the connection without an answer",
                HeadOutcome.CutOff => "ended the connection in the middle of the head of its answer",
                HeadOutcome.TooLong => $"answered with a head of more than {LongestHead} bytes",
                _ => "answered with something other than an HTTP/1.1 response",
            });
        }

        if (head.Status == 101)
        {
            body = MessageBody.ToTheEnd();
            _ending = ResponseEnding.Upgraded;
            upgraded();
        }
        else if (!head.IsInterim)
        {
            // A client that was not asked for the body need not send it, and nobody could tell it from the next request.
            var isWhole = !request.WaitsForContinue || _hasContinued;
            _ending = request.IsKept && isWhole && head.IsKept && !body.EndsWithConnection ? ResponseEnding.Kept : ResponseEnding.Closed;
        }

        _hasContinued |= head.Status == 100;

        return Begin(head.Write(_ending == ResponseEnding.Kept), head.IsInterim ? null : body);
    }

    private ReadResult Refuse(string reason)
    {
        _ending = ResponseEnding.Closed;
        return Begin(HttpProxy.Response("502 Bad Gateway", $"cannot use the answer: the server {reason}"), MessageBody.None());
    }
}
