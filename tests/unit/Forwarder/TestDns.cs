using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Onetun.NetStack;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Tests;

/// <summary>A DNS server inside a tunnel, that knows what a test tells it (RFC 1035 §4).</summary>
internal sealed class TestDns : IAsyncDisposable
{
    private readonly SocketListener<UdpSocket> _datagrams;
    private readonly SocketListener<TcpSocket> _connections;

    public TestDns(WireGuardTunnel tunnel)
    {
        _datagrams = tunnel.ListenUdp(53);
        _connections = tunnel.ListenTcp(53);
        _ = ServeUdpAsync();
        _ = ServeTcpAsync();
    }

    public Dictionary<string, string[]> Names { get; } = [];

    public uint TimeToLive { get; set; } = 60;

    /// <summary>Questions that come first and get no answer.</summary>
    public int Deaf { get; set; }

    /// <summary>Answers over UDP say that they do not fit.</summary>
    public bool Truncates { get; set; }

    /// <summary>The type of questions that never get an answer.</summary>
    public string? DeafTo { get; set; }

    /// <summary>Questions with an additional record are called malformed, as by servers without EDNS (RFC 6891 §7).</summary>
    public bool RefusesEDns { get; set; }

    /// <summary>In front of each answer comes one to another question, and one that is no message.</summary>
    public bool IsSpoofed { get; set; }

    /// <summary>What was asked: the protocol, the name and the type.</summary>
    public ConcurrentQueue<string> Questions { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _datagrams.DisposeAsync();
        await _connections.DisposeAsync();
    }

    private async Task ServeUdpAsync()
    {
        while (await _datagrams.AcceptAsync() is { } client)
        {
            _ = AnswerAsync(client);
        }
    }

    private async Task AnswerAsync(UdpSocket client)
    {
        await using (client)
        {
            var read = await client.Input.ReadAsync();
            var question = read.Buffer.ToArray();
            client.Input.AdvanceTo(read.Buffer.End);
            if (Answer(question, "UDP", Truncates) is not { } answer)
            {
                return;
            }

            if (IsSpoofed)
            {
                var other = answer.ToArray();
                other[0] ^= 1;
                client.Send(other);
                client.Send("no message"u8);
                client.Send(answer.AsSpan(0, 12));
            }

            client.Send(answer);
        }
    }

    private async Task ServeTcpAsync()
    {
        try
        {
            while (await _connections.AcceptAsync() is { } accepted)
            {
                await using var client = accepted;
                var stream = client.AsStream();
                var prefix = new byte[2];
                await stream.ReadExactlyAsync(prefix);
                var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
                await stream.ReadExactlyAsync(question);
                if (Answer(question, "TCP", isTruncated: false) is not { } answer)
                {
                    continue;
                }

                BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)answer.Length);
                await stream.WriteAsync(new byte[][] { prefix, answer }.SelectMany(part => part).ToArray());
                await client.Output.CompleteAsync();
            }
        }
        catch (SocketException)
        {
            // The test has ended.
        }
    }

    private byte[]? Answer(byte[] question, string protocol, bool isTruncated)
    {
        var name = new StringBuilder();
        var at = 12;
        for (; question[at] != 0; at += question[at] + 1)
        {
            name.Append(name.Length == 0 ? "" : ".").Append(Encoding.ASCII.GetString(question, at + 1, question[at]));
        }

        var type = BinaryPrimitives.ReadUInt16BigEndian(question.AsSpan(at + 1));
        var end = at + 5;
        lock (Questions)
        {
            var typeName = type == 1 ? "A" : "AAAA";
            Questions.Enqueue($"{protocol} {name} {typeName}");
            if (typeName == DeafTo)
            {
                return null;
            }

            if (RefusesEDns && question[11] > 0)
            {
                // RFC 1035 §4.1.1: a response, with RCODE 1
                return [question[0], question[1], 0x81, 0x81, .. question[4..6], 0, 0, 0, 0, 0, 0, .. question[12..end]];
            }

            if (Deaf > 0)
            {
                Deaf--;
                return null;
            }
        }

        var isKnown = Names.TryGetValue(name.ToString().ToLowerInvariant(), out var texts);
        var family = type == 1 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        IPAddress[] addresses = [.. (texts ?? []).Select(IPAddress.Parse).Where(address => address.AddressFamily == family)];
        var answer = new List<byte>(question[..end]);
        // QR, RD, RA; one question, and no additional record though the question had one
        (answer[2], answer[3]) = ((byte)(isTruncated ? 0x83 : 0x81), (byte)(isKnown ? 0x80 : 0x83));
        (answer[6], answer[7]) = (0, (byte)(isTruncated ? 0 : addresses.Length));
        (answer[10], answer[11]) = (0, 0);
        foreach (var address in isTruncated ? [] : addresses)
        {
            var bytes = address.GetAddressBytes();
            var life = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(life, TimeToLive);
            answer.AddRange([0xC0, 12, 0, (byte)type, 0, 1, .. life, 0, (byte)bytes.Length, .. bytes]);
        }

        return [.. answer];
    }
}
