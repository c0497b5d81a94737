using System.Buffers.Binary;
using System.Net;
using ARSoft.Tools.Net.Dns;
using Onetun.NetStack;

namespace Onetun.Tunnel.Names;

/// <summary>Carries DNS messages over a connection through the tunnel, for those that do not fit a datagram.</summary>
internal sealed class DnsOverTcp(TunnelNetwork tunnel) : DnsTransport
{
    /// <summary>RFC 1035 §4.2.2: a length of two bytes is in front.</summary>
    public override ushort MaximumAllowedQuerySize => ushort.MaxValue;

    public override bool SupportsReliableTransfer => true;

    protected override async ValueTask<DnsConnection> ConnectAsync(IPEndPoint server, CancellationToken cancellationToken) =>
        new Connection(this, await tunnel.ConnectTcpAsync(server, cancellationToken).ConfigureAwait(false));

    private sealed class Connection(DnsOverTcp transport, TcpSocket socket) : DnsConnection(transport)
    {
        private readonly Stream _stream = socket.AsStream();

        public override void Dispose()
        {
            socket.Abort();
            _ = socket.DisposeAsync().AsTask();
        }

        protected override ValueTask AskAsync(DnsRawPackage question, CancellationToken cancellationToken) =>
            _stream.WriteAsync(question.ToArraySegment(true), cancellationToken);

        protected override async ValueTask<DnsReceivedRawPackage?> HearAsync(
            DnsMessageIdentification identification, CancellationToken cancellationToken)
        {
            var prefix = new byte[2];
            await _stream.ReadExactlyAsync(prefix, cancellationToken).ConfigureAwait(false);
            var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
            await _stream.ReadExactlyAsync(message, cancellationToken).ConfigureAwait(false);
            return DnsPackage.TryRead(message, socket.RemoteEndPoint, socket.LocalEndPoint);
        }
    }
}
