using System.Buffers;
using System.Net;
using ARSoft.Tools.Net.Dns;
using Onetun.NetStack;

namespace Onetun.Tunnel.Names;

/// <summary>Carries DNS messages as datagrams through the tunnel, each question from a port of its own (RFC 5452 §9.2).</summary>
/// <param name="tunnel">The way to the resolver.</param>
/// <param name="patience">How long an answer may take; what is lost is asked for again by the caller.</param>
internal sealed class DnsOverUdp(TunnelNetwork tunnel, TimeSpan patience) : DnsTransport
{
    /// <summary>RFC 1035 §4.2.1.</summary>
    public override ushort MaximumAllowedQuerySize => 512;

    public override bool SupportsReliableTransfer => false;

    protected override ValueTask<DnsConnection> ConnectAsync(IPEndPoint server, CancellationToken cancellationToken) =>
        new(new Connection(this, tunnel.ConnectUdp(server), patience));

    private sealed class Connection(DnsOverUdp transport, UdpSocket socket, TimeSpan patience) : DnsConnection(transport)
    {
        /// <summary>Gives up its port at once.</summary>
        public override void Dispose() => _ = socket.DisposeAsync().AsTask();

        protected override ValueTask AskAsync(DnsRawPackage question, CancellationToken cancellationToken)
        {
            socket.Send(question.ToArraySegment(false));
            return ValueTask.CompletedTask;
        }

        protected override async ValueTask<DnsReceivedRawPackage?> HearAsync(
            DnsMessageIdentification identification, CancellationToken cancellationToken)
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            ending.CancelAfter(patience);
            while (true)
            {
                var read = await socket.Input.ReadAsync(ending.Token).ConfigureAwait(false);
                var bytes = read.Buffer.ToArray();
                socket.Input.AdvanceTo(read.Buffer.End);
                if (DnsPackage.TryRead(bytes, socket.RemoteEndPoint, socket.LocalEndPoint) is { } package
                    && package.MessageIdentification.Equals(identification))
                {
                    return package;
                }
            }
        }
    }
}
