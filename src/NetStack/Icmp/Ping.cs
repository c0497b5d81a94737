using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>An echo request of the application, and what came of it.</summary>
internal sealed class Ping(IpAddress local, IpAddress remote, int length, TimeSpan sentAt, TimeSpan deadline)
{
    public IpAddress Local => local;

    public IpAddress Remote => remote;

    /// <summary>Of the data, in bytes.</summary>
    public int Length => length;

    public TimeSpan SentAt => sentAt;

    public TimeSpan Deadline => deadline;

    public ushort Sequence { get; init; }

    /// <summary>How long the reply took; null if there is none.</summary>
    public TimeSpan? RoundTrip { get; set; }

    /// <summary>Why there will be no reply.</summary>
    public SocketError Error { get; set; }

    /// <summary>Wakes who waits for the reply.</summary>
    public Signal? Signal { get; set; }
}
