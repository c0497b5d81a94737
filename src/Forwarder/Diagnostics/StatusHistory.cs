using Onetun.Forwarder.Control;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>How a process stood in the last minutes, one sample a second.</summary>
internal sealed class StatusHistory
{
    /// <summary>Five minutes of samples, of 56 bytes each.</summary>
    public const int Capacity = 300;

    private readonly Queue<Sample> _samples = new(Capacity);
    private ProcessStatus? _newest;

    /// <summary>Takes in how the process stands. To be called once a second.</summary>
    public void Look(ProcessStatus status)
    {
        lock (_samples)
        {
            _newest = StatusRates.Between(_newest, status);
            if (_samples.Count == Capacity)
            {
                _samples.Dequeue();
            }

            _samples.Enqueue(new Sample(
                status.UptimeSeconds,
                Sum(_newest, peer => peer.ReceivedBytesPerSecond),
                Sum(_newest, peer => peer.SentBytesPerSecond),
                status.RoundTripSeconds));
        }
    }

    /// <summary>The newest look with its rates, which there has to be, and all samples that are kept.</summary>
    public (ProcessStatus Newest, HistoryStatus History) Read()
    {
        lock (_samples)
        {
            return (_newest!, new HistoryStatus(
                [.. _samples.Select(sample => sample.Uptime)],
                [.. _samples.Select(sample => sample.Received)],
                [.. _samples.Select(sample => sample.Sent)],
                [.. _samples.Select(sample => sample.RoundTrip)]));
        }
    }

    // One that is new has no rate yet, and the others have.
    private static double? Sum(ProcessStatus status, Func<PeerStatus, double?> rate) =>
        status.Peers.Any(peer => rate(peer) is not null) ? status.Peers.Sum(rate) : null;

    private readonly record struct Sample(double Uptime, double? Received, double? Sent, double? RoundTrip);
}
