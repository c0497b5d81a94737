using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel.Names;

/// <summary>A resolver behind the tunnel. Each question has a connection or a port of its own (RFC 5452 §9.2).</summary>
/// <param name="tunnel">The way to it.</param>
/// <param name="address">Where it is.</param>
/// <param name="patience">How long a datagram may take; what is lost is asked for over TCP, as what does not fit is.</param>
internal sealed class DnsServer(TunnelNetwork tunnel, IPAddress address, TimeSpan patience)
{
    private const int Port = 53;
    private const int PrefixSize = 2;

    private readonly IPEndPoint _endPoint = new(address, Port);

    /// <summary>Null where nothing came.</summary>
    public async Task<DnsAnswer?> AskAsync(DnsQuestion question, CancellationToken cancellationToken)
    {
        var answer = await TryAsync(AskByUdpAsync, question, cancellationToken).ConfigureAwait(false);
        if (answer is null or { IsTruncated: true })
        {
            answer = await TryAsync(AskByTcpAsync, question, cancellationToken).ConfigureAwait(false);
        }

        return answer is { IsTruncated: false } ? answer : null;
    }

    /// <summary>What a tunnel or a resolver does to a connection is the lack of an answer.</summary>
    private static async Task<DnsAnswer?> TryAsync(
        Func<DnsQuestion, CancellationToken, Task<DnsAnswer?>> ask, DnsQuestion question, CancellationToken cancellationToken)
    {
        try
        {
            return await ask(question, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            return null;
        }
    }

    private async Task<DnsAnswer?> AskByUdpAsync(DnsQuestion question, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(patience);
        var socket = tunnel.ConnectUdp(_endPoint);
        await using (socket.ConfigureAwait(false))
        {
            socket.Send(question.Message.Span);
            while (true)
            {
                var read = await socket.Input.ReadAsync(ending.Token).ConfigureAwait(false);
                var answer = DnsAnswer.TryRead(read.Buffer.ToArray(), question);
                socket.Input.AdvanceTo(read.Buffer.End);
                if (answer is not null || read.IsCompleted)
                {
                    return answer;
                }
            }
        }
    }

    private async Task<DnsAnswer?> AskByTcpAsync(DnsQuestion question, CancellationToken cancellationToken)
    {
        var socket = await tunnel.ConnectTcpAsync(_endPoint, cancellationToken).ConfigureAwait(false);
        await using (socket.ConfigureAwait(false))
        {
            try
            {
                // RFC 1035 §4.2.2: a length of two bytes is in front.
                var stream = socket.AsStream();
                var bytes = new byte[PrefixSize + question.Message.Length];
                BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)question.Message.Length);
                question.Message.CopyTo(bytes.AsMemory(PrefixSize));
                await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
                await stream.ReadExactlyAsync(bytes.AsMemory(0, PrefixSize), cancellationToken).ConfigureAwait(false);
                var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(bytes)];
                await stream.ReadExactlyAsync(message, cancellationToken).ConfigureAwait(false);
                return DnsAnswer.TryRead(message, question);
            }
            finally
            {
                socket.Abort();
            }
        }
    }
}
