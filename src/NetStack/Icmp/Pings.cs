using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>The application's echo requests that wait for their replies (RFC 1122 §3.2.2.6, RFC 4443 §4.2).</summary>
/// <param name="identifier">That of all of them, which no other echo request of ours has.</param>
/// <param name="loopback">Gets those to ourselves.</param>
internal sealed class Pings(ushort identifier, Loopback loopback)
{
    /// <summary>The most that wait at once.</summary>
    public const int Capacity = 256;

    private readonly Dictionary<ushort, Ping> _waiting = [];
    private readonly Queue<Ping> _unsent = new();
    private readonly Queue<Ping> _over = new();
    private ushort _sequence;

    /// <summary>The earliest deadline; <see cref="TimeSpan.MaxValue"/> if there is none.</summary>
    public TimeSpan NextTimeout { get; private set; } = TimeSpan.MaxValue;

    /// <summary>Begins one; null if there are too many.</summary>
    public Ping? TryBegin(TimeSpan now, in IpAddress local, in IpAddress remote, int length, TimeSpan deadline)
    {
        if (_waiting.Count >= Capacity)
        {
            return null;
        }

        do
        {
            _sequence++;
        }
        while (_sequence == 0 || _waiting.ContainsKey(_sequence)); // An error about something else has 0

        var ping = new Ping(local, remote, length, now, deadline) { Sequence = _sequence };
        _waiting.Add(_sequence, ping);
        FindDeadline();
        if (!loopback.Takes(remote))
        {
            _unsent.Enqueue(ping);
        }
        else
        {
            SendToOurselves(ping);
        }

        return ping;
    }

    /// <summary>Writes the next request, if there is one.</summary>
    public bool TryTransmit(Span<byte> buffer, out int length)
    {
        while (_unsent.TryDequeue(out var ping))
        {
            if (_waiting.GetValueOrDefault(ping.Sequence) == ping) // Somebody still waits
            {
                length = Write(buffer, ping);
                return true;
            }
        }

        length = 0;
        return false;
    }

    /// <summary>Takes a reply; false if it answers none of these.</summary>
    public bool OnReply(TimeSpan now, in IcmpMessage reply)
    {
        if (reply.Identifier != identifier || !_waiting.TryGetValue(reply.SequenceNumber, out var ping)
            || (reply.Source, reply.Destination) != (ping.Remote, ping.Local)
            || reply.Body.Length != ping.Length || !IcmpEcho.IsOurs(reply.Body))
        {
            return false;
        }

        ping.RoundTrip = now - ping.SentAt;
        Finish(ping);
        return true;
    }

    /// <summary>Takes an ICMP error; false if it is about none of these.</summary>
    public bool OnError(in IcmpError error, SocketError told)
    {
        if (error.Sequence >> 16 != identifier || !_waiting.TryGetValue((ushort)error.Sequence, out var ping)
            || (error.Flow.Remote, error.Flow.Local) != (ping.Remote, ping.Local))
        {
            return false;
        }

        Fail(ping, told);
        return true;
    }

    public void OnTimeout(TimeSpan now)
    {
        if (NextTimeout <= now)
        {
            FailAll(SocketError.TimedOut, by: now);
        }
    }

    /// <summary>Nobody waits for it any more.</summary>
    public void Cancel(Ping ping)
    {
        _waiting.Remove(ping.Sequence);
        FindDeadline();
    }

    /// <summary>Ends all of them.</summary>
    public void EndAll() => FailAll(SocketError.OperationAborted, by: TimeSpan.MaxValue);

    /// <summary>The next one that is over, if there is one.</summary>
    public bool TryTakeOver([NotNullWhen(true)] out Ping? ping) => _over.TryDequeue(out ping);

    private void SendToOurselves(Ping ping)
    {
        var packet = ArrayPool<byte>.Shared.Rent(HeaderPrototype.IpLength(ping.Remote) + IcmpMessage.HeaderLength + ping.Length);
        if (!loopback.TryAdd(packet, Write(packet, ping)))
        {
            ArrayPool<byte>.Shared.Return(packet);
        }
    }

    private int Write(Span<byte> packet, Ping ping)
    {
        var length = HeaderPrototype.IpLength(ping.Remote) + IcmpMessage.HeaderLength + ping.Length;
        IcmpEcho.WriteRequest(packet[..length], ping.Local, ping.Remote, identifier, ping.Sequence);
        return length;
    }

    private void FailAll(SocketError error, TimeSpan by)
    {
        foreach (var ping in _waiting.Values)
        {
            if (ping.Deadline <= by)
            {
                Fail(ping, error); // Removing is what a dictionary allows meanwhile
            }
        }
    }

    private void Fail(Ping ping, SocketError error)
    {
        ping.Error = error;
        Finish(ping);
    }

    private void Finish(Ping ping)
    {
        _over.Enqueue(ping);
        Cancel(ping);
    }

    private void FindDeadline()
    {
        NextTimeout = TimeSpan.MaxValue;
        foreach (var ping in _waiting.Values)
        {
            NextTimeout = TcpTimers.Lesser(NextTimeout, ping.Deadline);
        }
    }
}
