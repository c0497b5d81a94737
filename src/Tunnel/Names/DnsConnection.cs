using ARSoft.Tools.Net.Dns;

namespace Onetun.Tunnel.Names;

/// <summary>A question and its answer.</summary>
internal abstract class DnsConnection(DnsTransport transport) : IClientConnection
{
    public IClientTransport Transport => transport;

    public bool IsFaulty { get; private set; }

    public async Task<bool> SendAsync(DnsRawPackage package, CancellationToken token = default)
    {
        try
        {
            await AskAsync(package, token).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (DnsTransport.IsFailure(error))
        {
            return false;
        }
    }

    public async Task<DnsReceivedRawPackage?> ReceiveAsync(
        DnsMessageIdentification identification, CancellationToken token = default)
    {
        try
        {
            return await HearAsync(identification, token).ConfigureAwait(false);
        }
        catch (Exception error) when (DnsTransport.IsFailure(error))
        {
            return null;
        }
    }

    public void RestartIdleTimeout(TimeSpan? timeout)
    {
    }

    public void MarkFaulty() => IsFaulty = true;

    public abstract void Dispose();

    protected abstract ValueTask AskAsync(DnsRawPackage question, CancellationToken cancellationToken);

    /// <summary>Null for what is not a message.</summary>
    protected abstract ValueTask<DnsReceivedRawPackage?> HearAsync(
        DnsMessageIdentification identification, CancellationToken cancellationToken);
}
