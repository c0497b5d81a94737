using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Onetun.AspNetCore;

/// <summary>What arrives, with failures as Kestrel knows them.</summary>
internal sealed class TransportReader(PipeReader input, TunnelConnectionContext connection) : PipeReader
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await input.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            throw connection.Explain(failure);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        try
        {
            return input.TryRead(out result);
        }
        catch (IOException failure)
        {
            throw connection.Explain(failure);
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => input.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => input.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);
}
